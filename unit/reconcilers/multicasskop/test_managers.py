"""What the server's record of managers tells."""

from datetime import UTC, datetime
from typing import Any

import pytest
from multicasskop.crds.names import FINALIZER
from multicasskop.reconcilers.multicasskop.managers import (
    NEVER,
    last_write_age,
    migrated,
    paths_of_go,
    server_date,
)

NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
SPEC: dict[str, Any] = {"f:spec": {"f:a": {}}}


def obj(*entries: dict[str, Any]) -> dict[str, Any]:
    """An object with this record."""
    return {"metadata": {"managedFields": list(entries)}}


def entry(manager: str, fields: dict[str, Any], time: str = "2030-01-01T11:59:50Z", **more: str) -> dict[str, Any]:
    """One entry of the record."""
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields} | more


@pytest.mark.parametrize(
    ("found", "age"),
    [
        pytest.param(obj(), NEVER, id="no record"),
        pytest.param({"metadata": {}}, NEVER, id="none at all"),
        pytest.param(obj(entry("multicasskop", SPEC)), 9.0, id="a second less than it looks, for it is cut to seconds"),
        pytest.param(obj(entry("casskop", SPEC)), NEVER, id="others do not count"),
        pytest.param(obj(entry("multicasskop", {"f:metadata": {}})), NEVER, id="a mark alone does not count"),
        pytest.param(
            obj(entry("multicasskop", {"f:status": {}}, subresource="status")), 9.0, id="seeds in the status count"
        ),
        pytest.param(
            obj(entry("multicasskop", SPEC), entry("multicasskop", SPEC, "2030-01-01T11:00:00Z")),
            9.0,
            id="the last one",
        ),
        pytest.param(obj(entry("multicasskop", SPEC, "2030-01-01T12:00:00Z")), 0.0, id="just now"),
        pytest.param(obj(entry("multicasskop", SPEC, "nonsense")), NEVER, id="a time that is none"),
    ],
)
def test_age_of_our_last_write(found: dict[str, Any], age: float) -> None:
    """Our last write of spec or seeds is as old as its entry says, and rather younger than too old."""
    assert last_write_age(found, NOW) == age


@pytest.mark.parametrize(
    ("managers", "verdict"),
    [
        pytest.param([], False, id="nobody"),
        pytest.param(["multicasskop"], False, id="we ourselves"),
        pytest.param(["multi-casskop"], True, id="the Go operator"),
        pytest.param(["multicasskop", "multi-casskop"], True, id="both"),
    ],
)
def test_migrated(managers: list[str], verdict: bool) -> None:
    """A finalizer that somebody else has put there tells that the Go operator was here."""
    fields: dict[str, Any] = {"f:metadata": {"f:finalizers": {".": {}, f'v:"{FINALIZER}"': {}}}}
    assert migrated(obj(*(entry(name, fields) for name in managers))) is verdict


def test_paths_of_the_go_operator() -> None:
    """What the Go operator has set is found as paths, lists whole, without what the server puts there by default."""
    spec = {
        "f:cassandraImage": {},
        "f:runAsUser": {},
        "f:resources": {".": {}, "f:limits": {".": {}, "f:cpu": {}}},
        "f:topology": {"f:dc": {}},
        "f:envVars": {'k:{"name":"A"}': {"f:value": {}}},
    }
    found = obj(entry("multi-casskop", {"f:spec": spec}), entry("kubectl", {"f:spec": {"f:debug": {}}}))
    assert paths_of_go(found) == {
        ("spec", "cassandraImage"),
        ("spec", "resources", "limits", "cpu"),
        ("spec", "topology", "dc"),
        ("spec", "envVars"),
    }


@pytest.mark.parametrize(
    ("headers", "date"),
    [
        pytest.param({"date": "Tue, 01 Jan 2030 11:00:00 GMT"}, NOW.replace(hour=11), id="the server's"),
        pytest.param({"date": "Tue, 01 Jan 2030 11:00:00 -0000"}, NOW.replace(hour=11), id="without a zone"),
        pytest.param({}, NOW, id="none"),
        pytest.param({"date": "yesterday"}, NOW, id="none that can be read"),
    ],
)
def test_date(headers: dict[str, str], date: datetime) -> None:
    """Ages are measured by the server's clock, as far as it tells."""
    assert server_date(headers, NOW) == date
