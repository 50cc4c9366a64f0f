"""Whether a disturbed run did what the undisturbed one did; each finding is a sentence, none means that it held."""

import json
from collections import Counter
from collections.abc import Sequence

from multicasskop.world import oracles
from multicasskop.world.campaign.end_state import differences
from multicasskop.world.campaign.runs import Ran
from multicasskop.world.campaign.workloads import WORKLOADS
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.proxy.trace import Passed

Findings = tuple[str, ...]


def judge(reference: Ran, found: Ran) -> Findings:
    """O1 to O7 of a run, as far as they can be told from outside."""
    findings = (
        *struck(found),
        *differences(reference.state, found.state),
        *made_as_often(reference, found),
        *destroyed(found),
        *one_after_the_other(reference, found),
        *calls(reference, found),
        *complaints(found.log, found.hits),
    )
    return (*findings, f"it wrote {paths(found)}; undisturbed {paths(reference)}") if findings else ()


def struck(found: Ran) -> Findings:
    """The plan did disturb, else it says nothing; a write that this run did not make cannot be disturbed."""
    late = all(rule.match.writes and rule.match.nth > len(found.writes) for rule in found.plan.rules)
    return () if found.hits or late else ("no rule of the plan has ever acted",)


def made_as_often(reference: Ran, found: Ran) -> Findings:
    """O3: creations, deletions and changes of specs per member and kind are as many as undisturbed."""
    ours, theirs = counted(found), counted(reference)
    return tuple(
        f"{' '.join(key)}: {ours[key]} times, undisturbed {theirs[key]}"
        for key in sorted(ours.keys() | theirs.keys())
        if ours[key] != theirs[key]
    )


def counted(ran: Ran) -> Counter[tuple[str, str, str]]:
    """How often objects of each kind were made, unmade, and their specs written."""
    counts: Counter[tuple[str, str, str]] = Counter()
    generations: set[tuple[str, str, str, int]] = set()
    for entry in ran.history:
        meta = entry.object["metadata"]
        if entry.type in ("ADDED", "DELETED") and entry.plural != "events":
            counts[entry.member, entry.plural, entry.type] += 1
        if "generation" in meta:
            generations.add((entry.member, entry.plural, meta["uid"], meta["generation"]))
    counts.update((member, plural, "spec") for member, plural, _, _ in generations)
    return counts


def destroyed(found: Ran) -> Findings:
    """O4: nothing got a deletion mark unless the workload deletes."""
    if WORKLOADS[str(found.plan.workload)].destroys:
        return ()
    marked = {
        f"{entry.member} {entry.plural} {entry.name} got a deletion mark"
        for entry in found.history
        if entry.type == "DELETED" or "deletionTimestamp" in entry.object["metadata"]
    }
    return tuple(sorted(text for text in marked if " events " not in text))


def one_after_the_other(reference: Ran, found: Ran) -> Findings:
    """O5: specs are written in the order of the undisturbed run, one member after the other is Running and Done."""
    ours, theirs = spec_order(found), spec_order(reference)
    order = () if ours == theirs else (f"specs were written in {', '.join(ours)}, undisturbed {', '.join(theirs)}",)
    return (*order, *oracles.one_in_motion(spec_writes(found), found.children))


def spec_order(ran: Ran) -> tuple[str, ...]:
    """The members in the order of the first write to their child's spec. No deletion has to wait for another."""
    return tuple(dict.fromkeys(write.member for write in spec_writes(ran) if write.verb != "delete"))


def spec_writes(ran: Ran) -> tuple[Passed, ...]:
    """The writes to children themselves that reached a server."""
    return tuple(
        entry
        for entry in ran.writes
        if entry.plural == CASSANDRACLUSTERS.plural and not entry.subresource and entry.forwarded
    )


def calls(reference: Ran, found: Ran) -> Findings:
    """O7: two writes more for each fault, and what the plan allows; not more than three times the requests.

    Probes and events are apart: how many there are is a matter of time.
    """
    most = len(reference.writes) + 2 * found.hits + found.plan.more_writes
    writes = (f"{len(found.writes)} writes, at most {most}",) if len(found.writes) > most else ()
    unary = [sum(entry.plural not in ("", "events") for entry in ran.requests) for ran in (reference, found)]
    return (*writes, *((f"{unary[1]} requests, undisturbed {unary[0]}",) if unary[1] > 3 * unary[0] + 60 else ()))


def paths(ran: Ran) -> str:
    """The writes of a run in short."""
    return "; ".join(
        f"{entry.member} {entry.verb} {entry.plural}/{entry.subresource} {entry.code}" for entry in ran.writes
    )


def complaints(log: Sequence[str], hits: int) -> Findings:
    """O6: not more errors in the log than faults and one, and no traceback."""
    entries = [json.loads(line) for line in log if line.startswith("{")]
    errors = [entry for entry in entries if entry.get("level") in ("error", "critical")]
    traces = [line for line in log if "Traceback" in line]
    many = (f"{len(errors)} errors for {hits} faults: {errors[-1]}",) if len(errors) > hits + 1 else ()
    return (*many, *traces)
