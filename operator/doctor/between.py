"""Between members: no cluster twice, no child with a stranger for an owner, seeds that resolve."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.operator.doctor.check import Category, Check, attention, broken, good
from multicasskop.operator.doctor.seen import Home, Member
from multicasskop.operator.output.report import report_of

Resolve = Callable[[str], bool]
SIDE_BY_SIDE: Final = 16


def between(home: Home, seen: Sequence[Member], resolve: Resolve) -> Category:
    """Look at what only all members together show."""
    return Category("between members", (*identities(home, seen), *owners(home, seen), *seeds(home, resolve)))


def identities(home: Home, seen: Sequence[Member]) -> Iterator[Check]:
    """Each cluster is one member, as far as Secrets tell what they lead to."""
    names: dict[str, list[str]] = defaultdict(list)
    for identity, name in ((home.identity, "home"), *((member.identity, member.name) for member in seen)):
        if identity:
            names[identity].append(name)
    twice = [several for several in names.values() if len(several) > 1]
    for several in twice:
        yield broken(", ".join(several), "are one and the same cluster", Code.SAME_CLUSTER, "unregister one of them")
    silent = [member.name for member in seen if not member.identity]
    if not twice:
        rest = f" (not known of {', '.join(silent)})" if silent else ""
        yield good("ids", f"clusters are all different{rest}")


def owners(home: Home, seen: Sequence[Member]) -> Iterator[Check]:
    """Each child's owner lives in this home."""
    living = {obj["metadata"].get("uid") for obj in home.objects}
    strangers = [(member.name, key, mark) for member in seen for key, mark in member.marks if mark.uid not in living]
    if not strangers:
        yield good("owners", "no child has an owner that is not here")
    for name, key, mark in strangers:
        whose = f"of home {mark.home}" if mark.home and mark.home != home.identity else "that is gone"
        text = f"{key} belongs to {mark.key} {whose}"
        yield attention(name, text, Code.CONFLICT, "docs/how-to/move-home.md, if that home is lost")


def seeds(home: Home, resolve: Resolve) -> Iterator[Check]:
    """Seed names resolve from this machine, which is not the members' view."""
    names = list(dict.fromkeys(seed for report in map(report_of, home.objects) for seed in report.seeds))
    if not names:
        return
    lost = unresolved(names, resolve)
    if not lost:
        yield good("seeds", f"{len(names)} of {len(names)} names resolve from here")
        return
    text = f"{len(names) - len(lost)} of {len(names)} names resolve from here; not: {', '.join(lost[:5])}"
    yield attention("seeds", text, Code.SEED_UNRESOLVED, "external-dns may have no record for them")


def unresolved(names: Iterable[str], resolve: Resolve) -> list[str]:
    """The names that do not resolve; asked side by side, since each that is not known takes seconds."""
    known = list(names)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return [name for name, found in zip(known, pool.map(resolve, known), strict=True) if not found]
