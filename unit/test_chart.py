"""The chart beside what it is made for: the program's settings, its version, its times. Real helm tests the rest."""

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.operator import parts
from multicasskop.operator.settings import IMPORTS, OPTIONS, Settings
from multicasskop.reconcilers.multicasskop.seed_probe import PORT as SEED_PORT

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "helm" / "multi-casskop"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
# the home cluster and its members are flags, as with the Go operator; the others are for runs outside of a cluster
# and which controller runs is what one chart or the other is for
NOT_IN_A_POD = {"MCK_LOCAL", "MCK_REMOTE", "KUBECONFIG", "MCK_CONTEXT", "MCK_IMPORTS", "MCK_CONTROLLERS"}
# one endpoint is enough in a chart, and one schedule for tokens; extraEnv has room for others; an image is CassKop's
ELSEWHERE = {"MCK_BOOTSTRAP_IMAGE", "MCK_OTLP_TRACES_ENDPOINT", "MCK_RENEW_TOKENS_AT"}


def text_of(template: str) -> str:
    """A template's text."""
    return (CHART / "templates" / template).read_text()


def variables() -> set[str]:
    """The variables that the chart sets."""
    text = text_of("_environment.tpl")
    return set(re.findall(r"- name: ([A-Z_]+)", text)) | set(re.findall(r'\(list "([A-Z_]+)"', text))


def objects(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All parts of the schema that have properties of their own."""
    if "properties" in schema:
        yield path, schema
        for name, each in schema["properties"].items():
            yield from objects(each, f"{path}.{name}")


def test_chart_and_program_have_one_version() -> None:
    """The chart installs the program of its own release."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == parser["metadata"]["version"]


def test_chart_sets_variables_that_the_program_knows() -> None:
    """A variable of the chart is one of the settings, or one of OpenTelemetry's own."""
    known = {option.variable for option in OPTIONS}
    assert {name for name in variables() if not name.startswith("OTEL_")} <= known


def test_every_setting_that_makes_sense_in_a_pod_has_a_value() -> None:
    """No setting is out of reach for those who install by the chart."""
    assert {option.variable for option in OPTIONS} - variables() == NOT_IN_A_POD | ELSEWHERE


def test_defaults_are_the_program_s() -> None:
    """Who changes nothing gets the same from the chart as from the command line."""
    settings, election = Settings(local="x"), VALUES["leaderElection"]
    assert VALUES["workers"] == settings.workers
    assert VALUES["allowCrossNamespace"] == settings.allow_cross_namespace
    assert VALUES["seedProbe"] == settings.seed_probe
    assert VALUES["refuseOwnNamespace"] == settings.refuse_own_namespace
    assert (VALUES["log"]["level"], VALUES["log"]["format"]) == (settings.log_level, settings.log_format)
    assert VALUES["members"] == {
        "probeInterval": f"{settings.probe_interval:g}s",
        "darkAfter": f"{settings.dark_after:g}s",
        "secrets": settings.member_secrets,
        "allowLocalServers": settings.allow_local_servers,
    }
    assert election["enabled"] == settings.leader_elect
    times = (settings.lease_duration, settings.renew_deadline, settings.retry_period)
    assert (election["leaseSeconds"], election["renewSeconds"], election["retrySeconds"]) == times
    assert VALUES["tracing"]["ratio"] == settings.trace_ratio
    assert ("", VALUES["metrics"]["port"]) == settings.metrics_address
    assert ("", VALUES["probes"]["port"]) == settings.health_address


def test_secrets_are_mounted_where_the_program_looks() -> None:
    """The folder of imported accounts is the same on both sides."""
    assert f"mountPath: {IMPORTS}/{{{{ $member }}}}" in text_of("deployment.yaml")


def test_pod_has_time_to_end_in_order() -> None:
    """The shortest grace period that is allowed is longer than the program takes at most."""
    longest = parts.WORKERS_SECONDS + parts.EVENTS_SECONDS + parts.THREADS_SECONDS
    shortest = SCHEMA["properties"]["terminationGracePeriodSeconds"]["minimum"]
    assert longest < shortest <= VALUES["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(("path", "schema"), list(objects(SCHEMA)), ids=[path or "top" for path, _ in objects(SCHEMA)])
def test_schema_takes_no_unknown_value(path: str, schema: dict[str, Any]) -> None:
    """A typing error in a value is refused wherever it is, and every value says what it is."""
    assert schema["additionalProperties"] is False
    assert all("description" in each for name, each in schema["properties"].items() if not schema.get("deprecated"))


def test_values_file_shows_all_there_is() -> None:
    """Every value but the deprecated ones and a probe's rarer times stands in values.yaml, and nothing else does."""

    def shape(schema: dict[str, Any], values: dict[str, Any], path: str) -> None:
        names = {name for name, each in schema["properties"].items() if not each.get("deprecated")}
        rare = {"global", "enabled"} if not path else {"initialDelaySeconds", "successThreshold"}
        assert set(values) <= names, path
        assert names - set(values) <= rare, path
        for name, each in schema["properties"].items():
            if "properties" in each and name in values:
                shape(each, values[name], f"{path}.{name}")

    shape(SCHEMA, VALUES, "")


def test_everything_the_operator_connects_to_can_be_allowed() -> None:
    """Each list of destinations in the values has the same form, and stands in the policy."""
    properties = SCHEMA["properties"]["networkPolicy"]["properties"]
    lists = {name: each["items"] for name, each in properties.items() if each["type"] == "array"}
    assert lists.keys() == {"apiServers", "otlp", "seeds"}
    assert all(each == lists["apiServers"] for each in lists.values())
    (line,) = (text for text in text_of("networkpolicy.yaml").splitlines() if "concat" in text)
    assert set(re.findall(r"\.(\w+)", line)) == lists.keys() | {"destinations"}


def test_seeds_are_allowed_on_the_port_that_is_tried() -> None:
    """The port of the policy, and of the note that misses it, is the one that the operator connects to."""
    assert f"port: {SEED_PORT}" in text_of("networkpolicy.yaml")
    assert f"port {SEED_PORT} of Cassandra's pods, by networkPolicy.seeds" in text_of("NOTES.txt")
