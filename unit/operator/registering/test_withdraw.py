"""Taking a registration back: in the reverse order, and only what it made."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import answer, failure
from fakes.registration import live, request
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.operator.access import Access
from multicasskop.operator.output.exit_codes import CommandError
from multicasskop.operator.registering.manifests import home_objects, member_objects
from multicasskop.operator.registering.withdraw import (
    Removal,
    announcement,
    carry_out,
    done_line,
    in_home,
    in_member,
    removals,
    words,
)

REQUEST = request(namespaces=("cassandra", "billing"))
GONE = answer({"kind": "Status", "status": "Success"})


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """A cluster with all objects of a registration, be they home's or the member's."""
    with FakeApiServer() as found:
        for wanted in (*member_objects(REQUEST), *home_objects(REQUEST, b"t")):
            path = wanted.resource.path(wanted.namespace, wanted.name)
            found.on("GET", path, answer(live({"kind": wanted.resource.kind, **wanted.body}, uid=f"uid-{wanted.name}")))
            found.on("DELETE", path, GONE)
        yield found


def access(server: FakeApiServer) -> Access:
    """That cluster."""
    clock = FakeClock()
    return Access("us-east", Credentials(server=server.url, source="context"), clock, Deadline(clock, 30.0), "member")


def test_reverse_order() -> None:
    """What was made last goes first, in home and in the member."""
    made = [(each.resource, each.namespace, each.name) for each in member_objects(REQUEST)]
    gone = [(each.resource, each.namespace, each.name) for each in in_member("multicasskop", REQUEST.namespaces)]
    assert gone == made[::-1]
    home = [(each.resource, each.namespace, each.name) for each in home_objects(REQUEST, b"t")]
    back = [(each.resource, each.namespace, each.name) for each in in_home("us-east", "casskop-system")]
    assert back == home[::-1]


def test_without_namespaces_nothing_is_looked_for() -> None:
    """Who does not know where the account is looks nowhere."""
    assert in_member("multicasskop", ()) == ()


def test_each_delete_is_for_what_was_seen(server: FakeApiServer) -> None:
    """Every delete names the UID of the object that was looked at."""
    found = [*removals(access(server), in_member("multicasskop", REQUEST.namespaces), REQUEST.id)]
    gone = [*carry_out(found)]
    bodies = [request.json for request in server.received("DELETE")]
    assert [body["preconditions"] for body in bodies] == [{"uid": "uid-multicasskop"}] * 5
    assert done_line(gone[-1], found) == "  ✔ us-east  ServiceAccount cassandra/multicasskop deleted"


def test_what_others_made_stays(server: FakeApiServer) -> None:
    """An object without our mark is left, and said to be."""
    found = [*removals(access(server), in_member("multicasskop", ["cassandra"]), "other/casskop-system/us-east")]
    assert {each.ours for each in found} == {False}
    assert announcement(found)[-1] == (
        "  in us-east  leave ServiceAccount cassandra/multicasskop: `register` did not make it"
    )
    assert [*carry_out(found)] == []
    assert server.received("DELETE") == []


@pytest.mark.parametrize("said", ["delete", "leave"])
def test_secret_that_somebody_else_made_keeps_the_member(server: FakeApiServer, said: str) -> None:
    """Where the Secret stays the member does, and that is said."""
    place = in_home("us-east", "casskop-system")[-1]
    text = {
        "delete": "delete Secret casskop-system/us-east",
        "leave": "leave Secret casskop-system/us-east: `register` did not make it; while it is there, so is the member",
    }
    assert words(Removal(access(server), place, {}, ours=said == "delete")) == text[said]


def test_failure_stops_it(server: FakeApiServer) -> None:
    """The first delete that fails ends it; what was not deleted is not said to be."""
    found = [*removals(access(server), in_member("multicasskop", ["cassandra"]), REQUEST.id)]
    with FakeApiServer() as refusing:
        refusing.on(
            "DELETE", found[0].place.resource.path("cassandra", "multicasskop"), failure(403, "Forbidden", "no")
        )
        there = [type(each)(access(refusing), each.place, each.live, each.ours) for each in found]
        gone: list[Removal] = []
        with pytest.raises(CommandError, match="403 Forbidden") as caught:
            gone += carry_out(there)
        assert len(refusing.received("DELETE")) == 1
    assert (gone, caught.value.code) == ([], "MCK311")
