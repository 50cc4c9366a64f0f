"""What an audit log tells of a rollout that went on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.failover import created_at


def entry(verb: str = "create", name: str = "demo", code: int = 201, resource: str = "cassandraclusters") -> Any:  # noqa: ANN401
    """An entry of an audit log."""
    about = {"resource": resource, "name": name}
    status = {"code": code}
    return {"verb": verb, "objectRef": about, "responseStatus": status, "requestReceivedTimestamp": STAMP}


STAMP = "2026-01-02T03:04:05.678900Z"
OTHERS = [
    entry("get"),
    entry(name="other"),
    entry(code=409),
    entry(resource="events"),
    {"verb": "get", "requestURI": "/livez"},
]


def written(folder: Path, *entries: Any) -> Path:  # noqa: ANN401
    """An audit log."""
    log = folder / "audit.log"
    log.write_text("".join(json.dumps(each) + "\n" for each in entries))
    return log


def test_time_is_that_at_which_the_server_got_the_request(tmp_path: Path) -> None:
    """Of all requests the one counts by which the child came into being."""
    log = written(tmp_path, *OTHERS, entry())
    assert created_at(log, "demo") == datetime(2026, 1, 2, 3, 4, 5, 678900, UTC)


def test_without_a_creation_there_is_no_figure(tmp_path: Path) -> None:
    """Attempts, other objects and other kinds are none."""
    with pytest.raises(LookupError, match="no creation of demo"):
        created_at(written(tmp_path, *OTHERS), "demo")
