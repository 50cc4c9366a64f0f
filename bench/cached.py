"""What a cached object costs: PodTemplates of 1, 5 and 20 KB, held by us, client-go and the official `SharedInformer`.

A built-in kind, since the official informer cannot list custom objects. Of 5 KB there are ten thousand, and their first
sync is compared, too.
"""

from rich.console import Console

from bench.consumer import in_turns, python
from bench.kinds import TEMPLATES
from bench.measure import Comparison, Figure, Goal, Result, at_most
from bench.peers.go_program import client_go
from bench.scale import Scale
from bench.sync import OURS, THEIRS, Found, compared, refuse_partial
from bench.templates import Ground, standing

OFFICIAL = "official SharedInformer"
SIZES = {"1k": (1_000, 10_000), "5k": (5_000, 10_000), "20k": (20_000, 2_500)}
JUDGED = "5k"
BYTES_GOAL, MEMORY_GOAL = at_most(5_500.0), at_most(0.15)


def measure(console: Console, scale: Scale) -> list[Result]:
    """Resident bytes per object for each size, and the comparison with the official client for the middle one."""
    results = list[Result]()
    with standing(console) as ground:
        for name, (size, count) in SIZES.items():
            objects = scale.of(count)
            console.print(f"making {objects:,} templates of {size:,} bytes", style="dim")
            mean = ground.fill(objects, size)
            found = synced(ground, objects, scale)
            results += each(found, name, f"{objects:,} PodTemplates of {mean:,.0f} bytes")
            results += beside_official(found) if name == JUDGED else []
    return results


def synced(ground: Ground, objects: int, scale: Scale) -> Found:
    """The reports of all sides."""
    where, kind = f"--kubeconfig={ground.reader}", f"--kind={TEMPLATES.plural}"
    sides = {
        OURS: python("bench.ours", "sync", where, kind),
        THEIRS: [str(client_go()), where, f"-kind={TEMPLATES.api_version}/{TEMPLATES.plural}"],
        OFFICIAL: python("bench.peers.official", "sync", where, f"--count={objects}"),
    }
    found = in_turns(sides, scale.runs)
    refuse_partial(found, objects)
    return found


def each(found: Found, name: str, remark: str) -> list[Result]:
    """Bytes per object: ours, beside each of the others."""
    go = compared(found, f"bytes_per_object_{name}_vs_client_go", "each", THEIRS, remark=remark)
    official = compared(found, f"bytes_per_object_{name}_vs_official", "each", OFFICIAL)
    return [Figure(f"bytes_per_object_{name}", "bytes", go.ours.samples, goal(name)), go, official]


def goal(name: str) -> Goal | None:
    """Only one size has a goal."""
    return BYTES_GOAL if name == JUDGED else None


def beside_official(found: Found) -> list[Comparison]:
    """The first sync of ten thousand."""
    return [
        compared(found, "sync10k_rss_vs_official", "growth", OFFICIAL, goal=MEMORY_GOAL),
        compared(found, "sync10k_time_vs_official", "seconds", OFFICIAL),
    ]
