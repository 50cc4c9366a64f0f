"""Metrics."""

import re

import pytest
from multicasskop.informers.metrics import (
    INFORMER_FAMILIES,
    MEMBER_FAMILIES,
    QUEUE_FAMILIES,
    Family,
    Metrics,
)
from prometheus_client import CollectorRegistry, generate_latest

FAMILIES = (
    Family("runs_total", "counter", "runs", ("member",)),
    Family("depth", "gauge", "depth"),
    Family("wait_seconds", "histogram", "wait", ("member",), (0.1, 1.0)),
)


@pytest.fixture
def registry() -> CollectorRegistry:
    """Return a registry of this test's own."""
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    """Return metrics over three families, one of each kind."""
    return Metrics("mck", registry, FAMILIES)


def test_counts(metrics: Metrics, registry: CollectorRegistry) -> None:
    """Each kind of family takes its verb, under prefix and labels."""
    metrics.inc("runs_total", member="eu")
    metrics.inc("runs_total", 2, member="eu")
    metrics.set("depth", 7)
    metrics.inc("depth", -3)
    metrics.observe("wait_seconds", 0.5, member="eu")
    assert registry.get_sample_value("mck_runs_total", {"member": "eu"}) == 3
    assert registry.get_sample_value("mck_depth") == 4
    assert registry.get_sample_value("mck_wait_seconds_bucket", {"member": "eu", "le": "0.1"}) == 0
    assert registry.get_sample_value("mck_wait_seconds_bucket", {"member": "eu", "le": "1.0"}) == 1


def test_series_begin_with_zero(metrics: Metrics, registry: CollectorRegistry) -> None:
    """A series exists with 0 from the moment that somebody names it."""
    metrics.series("runs_total", member="eu")
    metrics.inc("runs_total", 0, member="us")
    assert registry.get_sample_value("mck_runs_total", {"member": "eu"}) == 0
    assert registry.get_sample_value("mck_runs_total", {"member": "us"}) == 0


def test_forget(metrics: Metrics, registry: CollectorRegistry) -> None:
    """Forgetting a member removes its series, and no others."""
    for member in ("eu", "us"):
        metrics.inc("runs_total", member=member)
        metrics.observe("wait_seconds", 1, member=member)
    metrics.set("depth", 1)
    metrics.forget(member="eu")
    assert registry.get_sample_value("mck_runs_total", {"member": "eu"}) is None
    assert registry.get_sample_value("mck_runs_total", {"member": "us"}) == 1
    assert registry.get_sample_value("mck_depth") == 1


def test_bugs_are_loud(metrics: Metrics) -> None:
    """An undeclared name, a wrong label, the wrong verb and a name declared twice are errors."""
    with pytest.raises(KeyError):
        metrics.inc("nobody_declared_this")
    with pytest.raises(ValueError, match="label"):
        metrics.inc("runs_total", cluster="eu")
    with pytest.raises(AttributeError):
        metrics.observe("depth", 1)
    with pytest.raises(ValueError, match="Duplicated"):
        metrics.declare(FAMILIES)


def test_none_takes_everything() -> None:
    """Without a registry every name is taken and nothing is kept."""
    metrics = Metrics.none()
    metrics.declare(FAMILIES)
    metrics.inc("anything", member="eu")
    metrics.set("anything", 1)
    metrics.observe("anything", 1)
    metrics.forget(member="eu")


def test_the_layer_declares_sound_families() -> None:
    """The families of this layer fit into one registry, and are named and labelled as Prometheus has it."""
    registry = CollectorRegistry()
    families = MEMBER_FAMILIES + INFORMER_FAMILIES + QUEUE_FAMILIES
    Metrics("multicasskop", registry, families)
    assert generate_latest(registry)
    for family in families:
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", family.name)
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert "cluster" not in family.labels
