"""Whether a disturbed run did what the undisturbed one did; each finding is a sentence, none means that it held."""

import json
from collections import Counter
from collections.abc import Sequence

from multicasskop.world import health, oracles
from multicasskop.world.campaign.end_state import differences
from multicasskop.world.campaign.runs import Ran
from multicasskop.world.campaign.workloads import WORKLOADS
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.proxy.actions import Terminate
from multicasskop.world.proxy.trace import Passed

Findings = tuple[str, ...]
STATUSES = 4
"""So many statuses more may be written by a run that sees step by step what another one sees at once."""
HELD_UP = 20.0
"""Seconds that no busy machine explains: whoever is later than that has waited for somebody else's answers."""


def judge(reference: Ran, found: Ran) -> Findings:
    """O1 to O7, O9 to O11 and O13 of a run, as far as they can be told from outside."""
    findings = (
        *struck(found),
        *in_good_order(found),
        *differences(reference.state, found.state),
        *made_as_often(reference, found),
        *destroyed(found),
        *one_after_the_other(reference, found),
        *calls(reference, found),
        *complaints(found.log, found.hits),
        *spared(reference, found),
        # while lines are held back or lost the operator cannot know better
        *(() if found.plan.touches_streams else health.honest(found.history)),
        *health.recovered(found.recovery),
        *found.stores,
    )
    return (*findings, f"it wrote {paths(found)}; undisturbed {paths(reference)}") if findings else ()


def struck(found: Ran) -> Findings:
    """The plan did disturb, else it says nothing; a write that this run did not make cannot be disturbed."""
    late = all(rule.match.writes and rule.match.nth > len(found.writes) for rule in found.plan.rules)
    return () if found.hits or late else ("no rule of the plan has ever acted",)


def in_good_order(found: Ran) -> Findings:
    """An operator that is asked to stop ends in its time, says so, and leaves its lease to the next one."""
    asked = found.hits and any(isinstance(rule.action, Terminate) for rule in found.plan.rules)
    told = any('"stopped"' in line and "SIGTERM" in line for line in found.log)
    return (*found.ends, *(("it was asked to stop, and its log has no such end",) if asked and not told else ()))


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

    Probes and events are apart: how many there are is a matter of time. So it is, to a degree, with statuses: what one
    run sees in one look another one sees in several.
    """
    more = 2 * found.hits + found.plan.more_writes
    counts = (
        (len(changes(found)), len(changes(reference)) + more),
        (len(found.writes), len(reference.writes) + more + STATUSES),
    )
    writes = tuple(f"{told} writes, at most {most}" for told, most in counts if told > most)
    unary = [sum(entry.plural not in ("", "events") for entry in ran.requests) for ran in (reference, found)]
    return (*writes, *((f"{unary[1]} requests, undisturbed {unary[0]}",) if unary[1] > 3 * unary[0] + 60 else ()))


def changes(ran: Ran) -> tuple[Passed, ...]:
    """The writes that are not to a status."""
    return tuple(entry for entry in ran.writes if entry.subresource != "status")


def spared(reference: Ran, found: Ran) -> Findings:
    """O9: members ahead of the first disturbed one are not held up by it."""
    touched = [member for rule in found.plan.rules for member in named(rule.match.member)]
    if not touched or not all(named(rule.match.member) for rule in found.plan.rules):
        return ()
    ahead = found.members[: min(map(found.members.index, touched))]
    times = {member: (reached(reference, member), reached(found, member)) for member in ahead}
    return tuple(
        f"{member}: not disturbed, and done after {took:.1f}s, undisturbed {calm:.1f}s"
        for member, (calm, took) in times.items()
        if calm is not None and took is not None and took > calm + HELD_UP
    )


def named(members: str | tuple[str, ...]) -> tuple[str, ...]:
    """Members as a rule names them; none for any."""
    return (members,) if isinstance(members, str) else members


def reached(ran: Ran, member: str) -> float | None:
    """Seconds from the beginning until a member's child was Running and Done; None when it never was."""
    entry = oracles.first(ran.children, member, lambda entry: oracles.is_settled(entry.object))
    return None if entry is None else entry.at - ran.began


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
