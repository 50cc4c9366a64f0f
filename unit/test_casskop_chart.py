"""The chart casskop beside the program, and beside its sibling: what both charts have is the same in both."""

import json
import re
from typing import Any

import pytest
import yaml
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.operator import parts
from multicasskop.operator.settings import OPTIONS, Settings
from multicasskop.reconcilers.cassandracluster.defaults import completed
from test_chart import CHART as SIBLING
from test_chart import ROOT, objects

CHART = ROOT / "helm" / "casskop"
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SHARED = ("_helpers.tpl", "metrics.yaml", "poddisruptionbudget.yaml", "serviceaccount.yaml")
# how clusters are reached, which are no business of CassKop's
OTHERS = {
    *("MCK_REMOTE", "KUBECONFIG", "MCK_CONTEXT", "MCK_IMPORTS", "MCK_OTLP_TRACES_ENDPOINT"),
    *("MCK_RENEW_TOKENS_AT", "MCK_PROBE_INTERVAL", "MCK_DARK_AFTER", "MCK_MEMBER_SECRETS"),
    *("MCK_ALLOW_LOCAL_SERVERS", "MCK_ALLOW_CROSS_NAMESPACE", "MCK_SEED_PROBE", "MCK_REFUSE_OWN_NAMESPACE"),
}


def variables() -> set[str]:
    """The variables that the chart sets."""
    text = (CHART / "templates" / "_environment.tpl").read_text()
    return set(re.findall(r"- name: ([A-Z_]+)", text)) | set(re.findall(r'\(list "([A-Z_]+)"', text))


@pytest.mark.parametrize("name", SHARED)
def test_shared_templates_are_the_same(name: str) -> None:
    """A file that both charts have is one text: what is mended in one is mended in the other."""
    assert (CHART / "templates" / name).read_bytes() == (SIBLING / "templates" / name).read_bytes()


def test_both_charts_have_one_version() -> None:
    """They install the same program."""
    ours, theirs = (yaml.safe_load((chart / "Chart.yaml").read_text()) for chart in (CHART, SIBLING))
    assert (ours["version"], ours["appVersion"]) == (theirs["version"], theirs["appVersion"])


def test_shared_values_mean_the_same() -> None:
    """A value of both charts has the same rules in both, but for what its text says of kinds."""
    theirs = json.loads((SIBLING / "values.schema.json").read_text())["properties"]
    # CassKop looks for no seeds before it makes something
    theirs["networkPolicy"]["properties"].pop("seeds")
    for name in SCHEMA["properties"].keys() & theirs.keys() - {"crds", "rbac"}:
        assert without_words(SCHEMA["properties"][name]) == without_words(theirs[name]), name


def without_words(found: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A part of a schema without its descriptions."""
    match found:
        case dict():
            return {key: without_words(value) for key, value in found.items() if key != "description"}
        case list():
            return [without_words(each) for each in found]
        case _:
            return found


def test_variables_are_settings_and_all_that_concern_casskop() -> None:
    """The chart sets what there is to be set, and runs CassKop and nothing else."""
    known = {option.variable for option in OPTIONS}
    assert {name for name in variables() if not name.startswith("OTEL_")} == known - OTHERS
    assert '(list "MCK_CONTROLLERS" "cassandracluster")' in (CHART / "templates" / "_environment.tpl").read_text()


def test_defaults_are_the_program_s() -> None:
    """Who changes nothing gets the same from the chart as from the command line, and pods have their account."""
    settings, election = Settings(local="x"), VALUES["leaderElection"]
    assert VALUES["workers"] == settings.workers
    assert (VALUES["log"]["level"], VALUES["log"]["format"]) == (settings.log_level, settings.log_format)
    times = (settings.lease_duration, settings.renew_deadline, settings.retry_period)
    assert (election["leaseSeconds"], election["renewSeconds"], election["retrySeconds"]) == times
    assert ("", VALUES["metrics"]["port"]) == settings.metrics_address
    assert ("", VALUES["probes"]["port"]) == settings.health_address
    usual = completed(CassandraCluster.model_validate({"metadata": {"name": "x"}})).spec.service_account_name
    assert VALUES["clusterServiceAccountsName"] == [usual]


def test_pod_has_time_to_end_in_order() -> None:
    """The shortest grace period that is allowed is longer than the program takes at most."""
    longest = parts.WORKERS_SECONDS + parts.EVENTS_SECONDS + parts.THREADS_SECONDS
    assert longest < SCHEMA["properties"]["terminationGracePeriodSeconds"]["minimum"]


@pytest.mark.parametrize(("path", "schema"), list(objects(SCHEMA)), ids=[path or "top" for path, _ in objects(SCHEMA)])
def test_schema_takes_no_unknown_value(path: str, schema: dict[str, Any]) -> None:
    """A typing error in a value is refused wherever it is."""
    assert schema["additionalProperties"] is False


def test_values_file_shows_all_there_is() -> None:
    """Every value but the deprecated ones stands in values.yaml, and nothing else does."""
    names = {name for name, each in SCHEMA["properties"].items() if not each.get("deprecated")}
    assert set(VALUES) == names - {"global", "enabled"}
