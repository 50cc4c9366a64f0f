"""Jolokia's protocol, as releases of Cassandra were seen to answer."""

import json
from typing import Any

import pytest
from multicasskop.world.cassandra import jolokia, releases
from multicasskop.world.cassandra.jolokia import JavaError
from multicasskop.world.cassandra.releases import COMPACTIONS, STORAGE, Release, release_of

V3, V40, V41, V5 = (3, 11), (4, 0), (4, 1), (5, 0)
TEXT, TEXTS = "java.lang.String", "[Ljava.lang.String;"
CLEANUP = "forceKeyspaceCleanup"


def read(attribute: str, mbean: str = STORAGE) -> dict[str, Any]:
    """A request for an attribute."""
    return {"type": "READ", "mbean": mbean, "attribute": attribute, "path": "", "target": {"url": ""}}


def call(operation: str, *arguments: object) -> dict[str, Any]:
    """A call of an operation."""
    return {"type": "exec", "mbean": STORAGE, "operation": operation, "arguments": list(arguments)}


@pytest.mark.parametrize(
    ("request_", "release", "status"),
    [
        pytest.param(read("HostIdMap"), V3, 0, id="HostIdMap 3.11"),
        pytest.param(read("HostIdMap"), V41, 0, id="HostIdMap 4.1"),
        pytest.param(read("HostIdMap"), V5, 404, id="HostIdMap is gone in 5.0"),
        pytest.param(read("EndpointToHostId"), V5, 0, id="EndpointToHostId 5.0"),
        pytest.param(read("NoSuch"), V41, 404, id="no such attribute"),
        pytest.param(read("Keyspaces", COMPACTIONS), V41, 404, id="attribute of another"),
        pytest.param(read("Compactions", COMPACTIONS), V41, 0, id="compactions"),
        pytest.param(read("Keyspaces", "no:type=Such"), V41, 404, id="no such MBean"),
        pytest.param(call("decommission"), V3, 0, id="decommission [] 3.11"),
        pytest.param(call("decommission", True), V3, 400, id="decommission [true] 3.11"),
        pytest.param(call("decommission"), V40, 400, id="decommission [] 4.0"),
        pytest.param(call("decommission", True), V5, 0, id="decommission [true] 5.0"),
        pytest.param(call("removeNode", "h"), V41, 0, id="removeNode by its bare name"),
        pytest.param(call("rebuild", "dc1"), V41, 400, id="overloaded, by its bare name"),
        pytest.param(call(f"rebuild({TEXT})", "dc1"), V41, 0, id="overloaded, with its parameters"),
        pytest.param(call(f"{CLEANUP}(int,{TEXT},{TEXTS})", 0, "k", []), V3, 0, id="cleanup with threads"),
        pytest.param(call(f"{CLEANUP}({TEXT},{TEXTS})", "k", []), V5, 0, id="cleanup without"),
        pytest.param(call(f"{CLEANUP}({TEXT})", "k"), V5, 400, id="cleanup that there never was"),
        pytest.param(call("noSuch"), V41, 400, id="no such operation"),
        pytest.param({"type": "write", "mbean": STORAGE}, V41, 400, id="another type"),
    ],
)
def test_releases_answer_what_they_have(request_: dict[str, Any], release: Release, status: int) -> None:
    """What a release has not is refused with the status that Jolokia was seen to give."""
    if not status:
        jolokia.parse(request_, release)
        return
    with pytest.raises(JavaError) as caught:
        jolokia.parse(request_, release)
    assert caught.value.status == status


@pytest.mark.parametrize("body", [b"", b"<html>", b'"text"', b"[1]"])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    """A body of another kind is an illegal argument."""
    with pytest.raises(JavaError, match="IllegalArgumentException"):
        jolokia.decode(body)


def test_arguments_are_found_by_their_types() -> None:
    """The keyspace is the first text, wherever it stands."""
    for text, values in ((f"(int,{TEXT},{TEXTS})", [2, "app", []]), (f"({TEXT},{TEXTS})", ["app", []])):
        found = jolokia.parse(call(CLEANUP + text, *values), V41)
        assert isinstance(found, jolokia.ExecRequest)
        assert found.argument(TEXT) == "app"


def test_answer_and_failure_look_like_jolokia_s() -> None:
    """Both repeat the request; an error names the exception, and its message once more with it."""
    sent = read("Keyspaces")
    good = json.loads(jolokia.answer(sent, ["system"], 1700000000.5))
    assert good == {"request": sent, "value": ["system"], "timestamp": 1700000000, "status": 200}
    bad = json.loads(jolokia.failure(sent, JavaError(jolokia.UNSUPPORTED, "no")))
    assert bad.pop("stacktrace").startswith(bad["error"])
    assert bad == {
        "request": sent,
        "error_type": "java.lang.UnsupportedOperationException",
        "error": "java.lang.UnsupportedOperationException : no",
        "status": 500,
    }


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("cassandra:4.1.10", V41),
        ("registry:5000/library/cassandra:5.0.6-jdk17", V5),
        ("cassandra:3.11", V3),
        ("registry:5000/cassandra", (9, 9)),
        ("cassandra:latest", (9, 9)),
        ("cassandra:4.0.1@sha256:00", V40),
    ],
)
def test_release_is_that_of_the_image(image: str, release: Release) -> None:
    """A tag that names a release counts, a registry's port does not; else it is the one that was given."""
    assert release_of(image, (9, 9)) == release


def test_release_can_be_read_from_a_text() -> None:
    """As options give it."""
    assert releases.parse("4.1") == V41
    with pytest.raises(ValueError, match="not enough"):
        releases.parse("4")
