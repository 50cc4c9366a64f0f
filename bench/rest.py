"""What the operator asks of the API servers when nothing changes, counted by their own audit logs over 60 seconds."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.audit import entries
from multicasskop.world.kinds import MULTICASSKOPS
from multicasskop.world.scenario import ready, ring

from bench.measure import Figure, at_most
from bench.stage import MEMBERS, NAMESPACE, Stage

SECONDS = 60.0
SETTLE = 2.0
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"


def measure(stage: Stage) -> list[Figure]:
    """One figure: calls over a minute besides lease, watches and `/livez` probes; one sample, since zero is zero."""
    home = stage.world.admin(MEMBERS[0])
    for name in ("rest-one", "rest-two"):
        home.create(MULTICASSKOPS, NAMESPACE, ring(name, MEMBERS))
    for name in ("rest-one", "rest-two"):
        stage.recorder.wait_for(ready(NAMESPACE, name), 60)
    # events are written by a recorder of its own, a moment after the last status
    time.sleep(SETTLE)
    logs = [stage.world.audit_log(member) for member in MEMBERS]
    offsets = [log.stat().st_size for log in logs]
    time.sleep(SECONDS)
    calls = [call for log, offset in zip(logs, offsets, strict=True) for call in asked(log, offset)]
    return [Figure("calls_at_rest", "calls", (float(len(calls)),), at_most(0.0))]


def asked(log: Path, offset: int) -> Iterator[dict[str, Any]]:
    """The operator's requests in an audit log from an offset on, without those that rest allows."""
    return (entry for entry in entries(log, USER, since=offset) if not is_allowed(entry))


def is_allowed(entry: dict[str, Any]) -> bool:
    """Whether a request is the lease's, a watch's, or a probe."""
    resource = (entry.get("objectRef") or {}).get("resource")
    return resource == "leases" or entry["verb"] == "watch" or entry["requestURI"].startswith("/livez")
