"""What somebody was told of objects, held against what happened to them: nothing invented, and nothing lost.

Between two states that were told an object may have changed more often: who lists anew sees the last state alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from multicasskop.world.oracles import Findings
from multicasskop.world.recorder import Entry

ADD, UPDATE, DELETE = "add", "update", "delete"
DELETED = "DELETED"


class Notification(msgspec.Struct, frozen=True, tag="notification"):
    """One change as it was told: where, of which object, and the version that it has now, or had at last."""

    member: str
    name: str
    kind: str
    uid: str
    version: str


class Stores(msgspec.Struct, frozen=True, tag="stores"):
    """What stores hold: by member and name the UID and the version."""

    stores: Mapping[str, Mapping[str, tuple[str, str]]]


class Known(msgspec.Struct, frozen=True):
    """What a listener knows of a name: which object, in which version, and the how-manieth event that was."""

    uid: str = ""
    version: str = ""
    number: int = -1


def faithful(history: Iterable[Entry], told: Iterable[Notification], *, complete: bool = False) -> Findings:
    """What was told wrongly, each as a sentence; with `complete` also each event that was left out.

    The history is that of whole lives, and of each object in the server's order.
    """
    happened = defaultdict[tuple[str, str], list[Entry]](list)
    heard = defaultdict[tuple[str, str], list[Notification]](list)
    for entry in history:
        happened[entry.member, entry.name].append(entry)
    for each in told:
        heard[each.member, each.name].append(each)
    places = sorted({*happened, *heard})
    return tuple(
        f"{'/'.join(place)}: {wrong}" for place in places for wrong in _of_one(happened[place], heard[place], complete)
    )


def _of_one(happened: Sequence[Entry], heard: Sequence[Notification], complete: bool) -> Iterator[str]:
    numbers = {_mark(entry): number for number, entry in enumerate(happened)}
    known = Known()
    for each in heard:
        number = numbers.get((each.uid, "" if each.kind == DELETE else each.version), -1)
        yield from _unlike(each, known, number)
        if complete and number > known.number + 1:
            yield f"{number - known.number - 1} events before {each.kind} {each.version} were left out"
        known = Known(number=number) if each.kind == DELETE else Known(each.uid, each.version, number)
    last = happened[-1] if happened else None
    there = Known() if last is None or last.type == DELETED else Known(*_mark(last))
    if (known.uid, known.version) != (there.uid, there.version):
        yield f"it ends as {there.uid} {there.version}, and is known as {known.uid} {known.version}"


def _unlike(each: Notification, known: Known, number: int) -> Iterator[str]:
    """What cannot be, after what is known."""
    if number < 0:
        yield f"{each.kind} {each.uid} {each.version} never happened"
    elif number <= known.number:
        yield f"{each.kind} {each.version} comes after a later event"
    if (each.kind == ADD) != (not known.uid):
        yield f"{each.kind} {each.version} of what is {'there' if known.uid else 'not there'}"
    elif each.kind != ADD and each.uid != known.uid:
        yield f"{each.kind} of {each.uid}, and {known.uid} is there"


def _mark(entry: Entry) -> tuple[str, str]:
    """What tells an event from the others of its name; an object is deleted once."""
    meta = entry.object["metadata"]
    return meta["uid"], "" if entry.type == DELETED else meta["resourceVersion"]
