"""The probes of the containers."""

from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraClusterSpec

BACKREST_PORT: Final = 4567


def liveness(spec: CassandraClusterSpec) -> Json:
    """Whether Cassandra lives: a script of the bootstrap image asks it by Jolokia."""
    return _exec("liveness-probe.sh") | _timing(
        initialDelaySeconds=spec.liveness_initial_delay_seconds,
        timeoutSeconds=spec.liveness_health_check_timeout,
        periodSeconds=spec.liveness_health_check_period,
        failureThreshold=spec.liveness_failure_threshold,
        successThreshold=spec.liveness_success_threshold,
    )


def readiness(spec: CassandraClusterSpec) -> Json:
    """Whether Cassandra takes requests."""
    return _exec("readiness-probe.sh") | _timing(
        initialDelaySeconds=spec.readiness_initial_delay_seconds,
        timeoutSeconds=spec.readiness_health_check_timeout,
        periodSeconds=spec.readiness_health_check_period,
        failureThreshold=spec.readiness_failure_threshold,
        successThreshold=spec.readiness_success_threshold,
    )


def backrest_readiness() -> Json:
    """Whether the container for backups takes requests."""
    return _backrest() | _timing(initialDelaySeconds=10, timeoutSeconds=5, periodSeconds=10, failureThreshold=10)


def backrest_liveness() -> Json:
    """Whether the container for backups lives."""
    return _backrest() | _timing(initialDelaySeconds=40, timeoutSeconds=5, periodSeconds=20, failureThreshold=10)


def _exec(script: str) -> Json:
    return {"exec": {"command": ["/bin/bash", "-c", f"/etc/cassandra/{script}"]}}


def _backrest() -> Json:
    return {"httpGet": {"path": "/status", "port": BACKREST_PORT}}


def _timing(**values: int | None) -> Json:
    # Kubernetes takes 0 for "not set"
    return {field: value for field, value in values.items() if value}
