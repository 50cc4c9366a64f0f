"""One index on its own."""

from collections.abc import Iterable

from fakes.objects import item, record
from fakes.weight import weighed
from multicasskop.informers.indexes import Index
from multicasskop.informers.key import Key
from multicasskop.informers.record import Metadata

A, B = record("a", 1).key, record("b", 1).key


def by_app(metadata: Metadata) -> Iterable[str]:
    """Return the values of one label, and fail without it."""
    return [metadata.labels["app"]]


def test_put_touches_what_changed() -> None:
    """A key moves from its old values to its new ones, and a value without keys is gone."""
    index = Index("app", by_app)
    index.put(A, ("x", "y"))
    index.put(B, ("y",))
    index.put(A, ("z",))
    assert index.values() == ("y", "z")
    assert (list(index.keys("x")), list(index.keys("y")), list(index.keys("z"))) == ([], [B], [A])


def test_remove() -> None:
    """A key that is removed leaves nothing behind, also when it was never there."""
    index = Index("app", by_app)
    index.put(A, ("x",))
    index.remove(A)
    index.remove(B)
    assert index.values() == ()


def test_values_of() -> None:
    """An object's values come from its metadata, each of them once."""
    index = Index("app", lambda metadata: [*metadata.labels.values(), *metadata.labels.values()])
    assert index.values_of(item("a", 1, labels={"app": "x"})) == ("x",)


def test_failing_function() -> None:
    """An object for which the function fails has no values, and the failure is told."""
    failures: list[bool] = []
    index = Index("app", by_app, lambda: failures.append(True))
    assert index.values_of(item("a", 1)) == ()
    assert failures == [True]


def test_rebuilt() -> None:
    """A rebuilt index has exactly the entries it is given, and the one it was made from keeps its own."""
    index = Index("app", by_app)
    index.put(A, ("x",))
    fresh = index.rebuilt({B: ("y",)})
    assert (index.values(), fresh.values(), fresh.name) == (("x",), ("y",), "app")


def test_values_of_one_object_are_cheap() -> None:
    """An index in which each value is one object's own takes less than 150 bytes of each, without key and value."""
    index, entries = (
        Index("one", lambda _: ()),
        [(Key("ns", f"o-{number}"), (f"{number:036}",)) for number in range(1000)],
    )
    with weighed() as weight:
        for key, values in entries:
            index.put(key, values)
        assert weight() < 150 * 1000
