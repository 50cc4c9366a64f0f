"""What a spec refers to is looked up by name, and not twice in a row."""

from typing import Any, cast

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError
from multicasskop.reconcilers.cassandracluster.lookup import AGAIN_SECONDS, Lookup
from multicasskop.reconcilers.cassandracluster.references import Reference, Thing

Json = dict[str, Any]
MAP = Reference("spec.configMapName", Thing("ConfigMap", "given"))
CLASS = Reference("spec.dataStorageClass", Thing("StorageClass", "fast"))


class Server:
    """Answers with an object, or with a refusal."""

    def __init__(self, answer: Json | int) -> None:
        self.answer, self.asked = answer, list[tuple[str, str]]()

    def get(self, resource: Any, namespace: str, name: str, *, deadline: Deadline) -> Json:  # noqa: ANN401
        """The object."""
        self.asked.append((namespace, name))
        if isinstance(self.answer, int):
            kind = {"object_kind": resource.plural, "object_name": name}
            raise ApiError("m", self.answer, "NotFound", "refused", **kind)
        return self.answer


class Rig:
    """A lookup before a server."""

    def __init__(self, answer: Json | int) -> None:
        self.server, self.clock = Server(answer), FakeClock()
        self.lookup = Lookup(cast(Client, self.server), self.clock)

    def find(self, reference: Reference = MAP, namespace: str = "ns") -> object:
        """What is known of what is referred to; `...` for nothing."""
        found = self.lookup.find(namespace, [reference], Deadline(self.clock, 60.0))
        return found.get(reference.thing, ...)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param({"data": {"a": "1"}, "binaryData": {"b": "2"}}, {"a", "b"}, id="its keys"),
        pytest.param({}, set(), id="no keys"),
        pytest.param(404, None, id="not there"),
        pytest.param(403, ..., id="nobody lets us see"),
    ],
)
def test_what_is_found(answer: Json | int, found: object) -> None:
    """The keys of what is there; None for what is not; nothing of what may not be seen."""
    assert Rig(answer).find() == found


def test_other_errors_are_raised() -> None:
    """A server that does not answer says nothing of what is there."""
    with pytest.raises(ApiError, match="refused"):
        Rig(500).find()


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [({}, 10.0), (404, AGAIN_SECONDS / 2), (403, 300.0)],
    ids=["there", "missing", "forbidden"],
)
def test_answers_are_believed_for_a_while(answer: Json | int, seconds: float) -> None:
    """What is missing is looked for soon again, what is forbidden seldom."""
    rig = Rig(answer)
    rig.find()
    rig.clock.advance(seconds - 0.1)
    rig.find()
    assert len(rig.server.asked) == 1
    rig.clock.advance(0.2)
    rig.find()
    assert len(rig.server.asked) == 2


def test_namespaces_are_told_apart_and_classes_have_none() -> None:
    """The same name elsewhere is another object; a class of storage is one for all."""
    rig = Rig({})
    for reference in (MAP, CLASS):
        for namespace in ("one", "two"):
            rig.find(reference, namespace)
    assert rig.server.asked == [("one", "given"), ("two", "given"), ("", "fast")]
