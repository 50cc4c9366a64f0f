"""The cache of one resource in one cluster."""

import threading

import pytest
from fakes.deltas import advance, delete, upsert
from fakes.objects import item
from fakes.rig import Journal
from multicasskop.informers.changes import Change
from multicasskop.informers.key import Key
from multicasskop.informers.record import Item, Metadata
from multicasskop.informers.states import Delete, Upsert, VersionAdvanced
from multicasskop.informers.store import Outcome, Store


def filled(*items: Item, version: str = "10") -> tuple[Store, Journal]:
    """Return a store after a first list of these, and a journal of what happens from then on."""
    store, journal = Store(), Journal()
    store.replace(items, version)
    store.subscribe(journal.all)
    return store, journal


def names(records: tuple[object, ...]) -> list[str]:
    """Return what the records are called."""
    return [record.key.name for record in records]  # type: ignore[attr-defined]


def by_app(metadata: Metadata) -> list[str]:
    """Index by one label, which not every object has."""
    return [metadata.labels["app"]] if "app" in metadata.labels else []


def test_before_the_first_list() -> None:
    """A store that was never filled is empty, has no version, and is not synced."""
    store = Store()
    assert (len(store), store.version, store.synced, store.size_bytes) == (0, "", False, 0)
    assert store.get(Key("ns", "a")) is None
    assert store.list() == ()


def test_32_relist() -> None:
    """A relist says that A vanished, B changed and D is new, nothing of C that is the same, and deletes come first."""
    store, journal = filled(item("d0", 4), item("b", 5), item("c", 6), item("a", 7))
    store.replace([item("d", 12), item("b", 13), item("c", 6), item("d0", 4)], "20")
    assert journal.lines == ["delete? a@7", "add d@12", "update b@13"]
    assert names(store.list()) == ["d", "b", "c", "d0"]


def test_33_delete() -> None:
    """A deletion carries the state that the server sent with it, and says that it is the final one."""
    store, journal = filled(item("a", 5))
    assert delete(store, item("a", 12), "12") is Outcome.APPLIED
    assert journal.lines == ["delete a@12"]
    assert (len(store), store.version, store.size_bytes) == (0, "12", 0)


def test_34_the_store_decides() -> None:
    """What is unknown arrives as an add and what is known as an update, whatever the server called it."""
    store, journal = filled(item("known", 5))
    upsert(store, item("unknown", 11), "11")
    upsert(store, item("known", 12), "12")
    assert journal.lines == ["add unknown@11", "update known@12"]


def test_35_duplicate() -> None:
    """The same version twice is one notification, and moves the store's version all the same."""
    store, journal = filled(item("a", 5))
    assert upsert(store, item("a", 11), "11") is Outcome.APPLIED
    assert upsert(store, item("a", 11), "12") is Outcome.DUPLICATE
    assert journal.lines == ["update a@11"]
    assert store.version == "12"


def test_versions_that_cannot_be_compared() -> None:
    """Where versions have no order every other version is a change."""
    store, journal = filled(item("a", "x5"), version="x10")
    upsert(store, item("a", "x4"), "x11")
    assert journal.lines == ["update a@x4"]


def test_several_deltas_are_one_commit() -> None:
    """What is applied together is told together."""
    store, _ = filled(item("a", 5))
    told: list[int] = []
    store.subscribe(lambda changes: told.append(len(changes)))
    store.apply([Upsert(item("a", 11), "11"), Upsert(item("b", 12), "12"), Delete(item("b", 12), "12")])
    assert told == [3]


def test_nothing_changed_is_told_to_nobody() -> None:
    """A commit without a change calls no subscriber."""
    store, _ = filled(item("a", 5))
    told: list[tuple[Change, ...]] = []
    store.subscribe(told.append)
    store.apply([VersionAdvanced("11"), Upsert(item("a", 5), "12")])
    assert (told, store.version) == ([], "12")


def test_synced_for_ever() -> None:
    """An empty list makes a store synced, and nothing makes it not so."""
    store = Store()
    store.replace([], "10")
    store.replace([], "20")
    assert store.synced


def test_36_shown_before_told() -> None:
    """The store shows an add, an update, a delete and a replace before anybody is told of it."""
    store = Store()
    seen: list[tuple[str, str | None]] = []

    def look(changes: tuple[Change, ...]) -> None:
        for change in changes:
            found = store.get(change.key)
            seen.append((change.kind.value, found.version if found else None))

    store.subscribe(look)
    store.replace([item("a", 5), item("b", 5)], "10")
    upsert(store, item("a", 11), "11")
    delete(store, item("a", 12), "12")
    store.replace([item("b", 15)], "20")
    store.replace([], "30")
    assert seen == [("add", "5"), ("add", "5"), ("update", "11"), ("delete", None), ("update", "15"), ("delete", None)]


def test_subscriber_may_read_and_commit_lock_is_free_to_it() -> None:
    """Who is called on behalf of a commit may read by every way, and register more."""
    store = Store()
    store.add_index("app", by_app)
    found: list[int] = []
    store.subscribe(lambda _: store.subscribe(lambda _: found.append(len(store.by_index("app", "x")))))
    store.replace([item("a", 5, labels={"app": "x"})], "10")
    advance(store, "11")
    upsert(store, item("b", 12, labels={"app": "x"}), "12")
    assert found == [2]


def test_list_of_a_namespace() -> None:
    """A list can be narrowed down to one namespace, of which the empty one is that of cluster-scoped objects."""
    store, _ = filled(item("a", 5), item("b", 5, namespace="other"), item("c", 5, namespace=""))
    assert (names(store.list("other")), names(store.list("")), len(store.list())) == (["b"], ["c"], 3)


def test_39_index() -> None:
    """An index moves an object from value to value, forgets empty values, and one added late finds what is there."""
    store, _ = filled(item("a", 5, labels={"app": "x"}), item("b", 5, labels={"app": "x"}))
    store.add_index("app", by_app)
    assert names(store.by_index("app", "x")) == ["a", "b"]
    upsert(store, item("a", 11, labels={"app": "y"}), "11")
    assert (names(store.by_index("app", "x")), names(store.by_index("app", "y"))) == (["b"], ["a"])
    delete(store, item("b", 12), "12")
    assert store.index_values("app") == ("y",)
    store.replace([item("c", 15, labels={"app": "z"}), item("d", 15)], "20")
    assert (store.index_values("app"), names(store.by_index("app", "z"))) == (("z",), ["c"])


def test_index_names() -> None:
    """An index's name is taken once, and one that nobody added is an error."""
    store, _ = filled()
    store.add_index("app", by_app)
    with pytest.raises(ValueError, match="'app'"):
        store.add_index("app", by_app)
    with pytest.raises(KeyError):
        store.by_index("other", "x")


def test_40_failing_index_function() -> None:
    """A function that raises for one object leaves the others indexed, is counted, and stops nothing."""
    failures: list[bool] = []
    store = Store(index_failed=lambda: failures.append(True))
    store.add_index("app", lambda metadata: [metadata.labels["app"]])
    store.replace([item("a", 5, labels={"app": "x"}), item("b", 5)], "10")
    upsert(store, item("c", 11), "11")
    upsert(store, item("d", 12, labels={"app": "x"}), "12")
    assert names(store.by_index("app", "x")) == ["a", "d"]
    assert len(failures) == 2


@pytest.mark.parametrize("replaces", [10_000])
def test_41_whole_states(replaces: int) -> None:
    """Four readers over 10,000 replaces see nothing but whole states, by list and by index."""
    store, done, torn = Store(), threading.Event(), []
    store.add_index("app", by_app)
    epochs = [[item(f"w{n}", epoch, labels={"app": "x"}) for n in range(5)] for epoch in (1, 2)]
    store.replace(epochs[0], "1")

    def read() -> None:
        while not done.is_set():
            for records in (store.list(), store.by_index("app", "x")):
                if len(records) != 5 or len({record.version for record in records}) != 1:
                    torn.append(records)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(replaces):
        store.replace(epochs[number % 2], str(number + 1))
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []
