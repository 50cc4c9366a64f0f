"""What must hold of a process and of what it says: honest status, flat resources, stores that agree with servers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from multicasskop.world.api import Json
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.oracles import Findings, is_in_change
from multicasskop.world.recorder import Entry
from prometheus_client.parser import text_string_to_metric_families

MORE_MEMORY: Final = 0.05
MORE_THINGS: Final = 2
RECOVERY_SECONDS: Final = 60.0


def honest(history: Sequence[Entry]) -> Findings:
    """O10: no status is ahead of its object or goes back, and none says Ready while a child of it is in change."""
    children = [entry for entry in history if entry.plural == CASSANDRACLUSTERS.plural]
    seen: dict[str, int] = {}
    found = []
    for entry in history:
        if entry.plural != MULTICASSKOPS.plural or not entry.object.get("status"):
            continue
        meta, told = entry.object["metadata"], int(entry.object["status"].get("observedGeneration", 0))
        if told > meta["generation"]:
            found.append(f"at {entry.at:.3f} generation {told} is reported of one that has {meta['generation']}")
        if told < seen.get(meta["uid"], 0):
            found.append(f"at {entry.at:.3f} the reported generation went back to {told}")
        seen[meta["uid"]] = told
        found += _too_early(entry, children)
    return tuple(found)


def _too_early(entry: Entry, children: Sequence[Entry]) -> Iterable[str]:
    obj = entry.object
    if not is_ready(obj) or obj["status"].get("observedGeneration") != obj["metadata"]["generation"]:
        return ()
    members = obj["spec"].get("override") or {}
    busy = [member for member in members if is_in_change(children, member, entry.at)]
    return [f"at {entry.at:.3f} it is called Ready while {member} is in change" for member in busy]


def is_ready(obj: Json) -> bool:
    """Whether a MultiCasskop says that it is Ready."""
    conditions = obj["status"].get("conditions") or ()
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def recovered(seconds: float | None) -> Findings:
    """O11: from the healing to the end it takes a minute at most; None where nothing was to be healed."""
    late = seconds is not None and seconds > RECOVERY_SECONDS
    return (f"{seconds:.1f}s from the healing to the end, at most {RECOVERY_SECONDS:g}",) if late else ()


@dataclass(frozen=True)
class Usage:
    """What a process holds: resident memory in kB, threads, and files with sockets among them."""

    memory: int
    threads: int
    files: int

    @classmethod
    def of(cls, pid: int) -> "Usage":
        """Look at a process of this machine."""
        root = Path(f"/proc/{pid}")
        lines = (line.split() for line in (root / "status").read_text().splitlines())
        told = {words[0]: words[1] for words in lines if len(words) > 1}
        return cls(int(told["VmRSS:"]), int(told["Threads:"]), len(list((root / "fd").iterdir())))


def flat(before: Usage, after: Usage) -> Findings:
    """O12: memory grew by less than a twentieth, and there are no more threads and files than two."""
    found = []
    if after.memory > before.memory * (1 + MORE_MEMORY):
        found.append(f"{after.memory} kB of memory, {before.memory} before")
    for name in ("threads", "files"):
        was, now = getattr(before, name), getattr(after, name)
        if now > was + MORE_THINGS:
            found.append(f"{now} {name}, {was} before")
    return tuple(found)


def stores_agree(metrics: str, there: Mapping[tuple[str, str], int]) -> Findings:
    """O13, as far as it is told: each store holds as many objects as its server; `there` is by member and kind."""
    held = {
        (sample.labels["member"], sample.labels["kind"]): int(sample.value)
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "multicasskop_informer_objects"
    }
    return tuple(
        f"{member}: the store holds {held.get((member, kind))} {kind}, the server {count}"
        for (member, kind), count in sorted(there.items())
        if held.get((member, kind)) != count
    )
