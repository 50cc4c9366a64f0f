"""Settings: flags over variables over defaults, the Go operator's names, and what is refused."""

from collections.abc import Mapping

import pytest
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.settings import IMPORTS, OPTIONS, Settings, read_settings
from multicasskop.operator.work import options_of
from multicasskop.reconcilers.multicasskop.reconciler import ReconcilerOptions

LOCAL = {"local": "c1"}
NONE: Mapping[str, str | None] = {}


def settings(flags: Mapping[str, str | None] = NONE, **environment: str) -> Settings:
    """Settings of a home called c1, with these flags and variables besides."""
    return read_settings({**LOCAL, **flags}, environment)[0]


def test_defaults_are_the_documented_ones() -> None:
    """Only the home's name is needed; all else has the default of the documentation."""
    assert settings() == Settings(
        local="c1",
        remotes=(),
        watch_namespaces=(),
        imports=IMPORTS,
        workers=8,
        leader_elect=True,
        lease_duration=15.0,
        renew_deadline=10.0,
        retry_period=2.0,
        probe_interval=2.0,
        dark_after=4.5,
        metrics_address=("", 8080),
        health_address=("", 8081),
        log_level="info",
        log_format="auto",
    )


@pytest.mark.parametrize(
    ("variables", "field", "value"),
    [
        pytest.param({"WATCH_NAMESPACE": ""}, "watch_namespaces", (), id="empty-namespace-is-all"),
        pytest.param({"WATCH_NAMESPACE": "a"}, "watch_namespaces", ("a",), id="one-namespace"),
        pytest.param({"WATCH_NAMESPACE": "a, b,a,"}, "watch_namespaces", ("a", "b"), id="namespaces-by-commas"),
        pytest.param({"LOG_LEVEL": "DEBUG"}, "log_level", "debug", id="level-in-any-case"),
        pytest.param({"LOG_LEVEL": "LOUD"}, "log_level", "info", id="unknown-level-is-the-default"),
        pytest.param({"LOG_TYPE": "json"}, "log_format", "json", id="go-log-type"),
        pytest.param({"LOG_TYPE": "fancy"}, "log_format", "auto", id="unknown-log-type-is-the-default"),
        pytest.param({"MCK_MEMBER_SECRETS": "true"}, "member_secrets", True, id="live-registration"),
        pytest.param({"MCK_ALLOW_LOCAL_SERVERS": "1"}, "allow_local_servers", True, id="local-servers"),
        pytest.param({"MCK_RENEW_TOKENS_AT": "0.5"}, "renew_tokens_at", 0.5, id="renewal"),
        pytest.param({"POD_NAME": "mck-7f"}, "pod_name", "mck-7f", id="pod-name"),
        pytest.param({"OPERATOR_NAME": "multi-casskop"}, "operator_name", "multi-casskop", id="operator-name"),
        pytest.param({"KUBECONFIG": "/k"}, "kubeconfig", "/k", id="kubeconfig"),
        pytest.param({"MCK_REMOTE": "c2,c3"}, "remotes", ("c2", "c3"), id="remotes"),
        pytest.param({"MCK_WORKERS": "3"}, "workers", 3, id="workers"),
        pytest.param({"MCK_LEADER_ELECT": "no"}, "leader_elect", False, id="leader-election-off"),
        pytest.param({"MCK_DARK_AFTER": "1m30s"}, "dark_after", 90.0, id="duration"),
        pytest.param({"MCK_STREAMED_LISTS": "true"}, "streamed_lists", True, id="streamed-lists"),
        pytest.param({"MCK_METRICS_ADDR": "127.0.0.1:0"}, "metrics_address", ("127.0.0.1", 0), id="address"),
        pytest.param({"MCK_METRICS_ADDR": "[::1]:9"}, "metrics_address", ("::1", 9), id="address-of-ipv6"),
        pytest.param({"MCK_HEALTH_ADDR": "0"}, "health_address", None, id="server-off"),
        pytest.param({"MCK_WORKERS": ""}, "workers", 8, id="empty-variable-is-none"),
        pytest.param({"MCK_TRACE_RATIO": "0.25"}, "trace_ratio", 0.25, id="share"),
        pytest.param({"MCK_OTLP_ENDPOINT": "http://h:4318"}, "otlp_endpoint", "http://h:4318", id="url"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:1"}, "otlp_endpoint", "http://h:1", id="standard-url"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://h/x"}, "traced", True, id="endpoint-of-traces"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, "traced", False, id="no-endpoint"),
    ],
)
def test_variables(variables: dict[str, str], field: str, value: object) -> None:
    """Each variable sets its field, in the forms that are allowed."""
    assert getattr(settings(NONE, **variables), field) == value


def test_own_variable_beats_the_standard_one() -> None:
    """A variable of ours counts more than the one that all programs read."""
    found = settings(NONE, MCK_OTLP_ENDPOINT="http://ours", OTEL_EXPORTER_OTLP_ENDPOINT="http://all")
    assert found.otlp_endpoint == "http://ours"


def test_flag_beats_variable() -> None:
    """A flag counts more than a variable of the same setting."""
    assert settings({"workers": "2"}, MCK_WORKERS="5").workers == 2


def test_members_are_home_first_then_remotes_in_their_order() -> None:
    """The order of members is home, then the remotes as they were named."""
    assert settings({"remotes": "z,a"}).members == ("c1", "z", "a")


@pytest.mark.parametrize(
    ("flags", "variables", "says"),
    [
        pytest.param({"local": None}, {}, "-l/--local", id="no-home"),
        pytest.param({"local": "C1"}, {}, '"C1" is not a name', id="name-in-capitals"),
        pytest.param({"local": "c" * 64}, {}, "at most 63", id="name-too-long"),
        pytest.param({"remotes": "c2,c1"}, {}, "c1 is named more than once", id="remote-is-home"),
        pytest.param({"remotes": "c2,c2"}, {}, "c2 is named more than once", id="remote-twice"),
        pytest.param({"workers": "many"}, {}, '--workers: "many"', id="flag-no-number"),
        pytest.param({}, {"MCK_WORKERS": "0"}, 'MCK_WORKERS: "0"', id="variable-out-of-range"),
        pytest.param({}, {"MCK_LEADER_ELECT": "maybe"}, "neither true nor false", id="no-boolean"),
        pytest.param({}, {"MCK_DARK_AFTER": "5"}, "500ms, 10s", id="duration-without-unit"),
        pytest.param({}, {"MCK_DARK_AFTER": "0s"}, "above zero", id="duration-of-zero"),
        pytest.param({}, {"MCK_METRICS_ADDR": "8080"}, "is not an address", id="address-without-colon"),
        pytest.param({}, {"MCK_METRICS_ADDR": ":65536"}, "is not an address", id="port-too-high"),
        pytest.param({}, {"WATCH_NAMESPACE": "a b"}, "is not the name of a namespace", id="namespace"),
        pytest.param({"log_level": "loud"}, {}, "allowed: debug, info", id="level-by-flag-is-strict"),
        pytest.param({"trace_ratio": "1.5"}, {}, "from 0 to 1", id="share-too-large"),
        pytest.param({"trace_ratio": "nan"}, {}, "from 0 to 1", id="share-is-no-number"),
        pytest.param({"otlp_endpoint": "jaeger:4317"}, {}, "is not an address", id="url-without-scheme"),
        pytest.param({"otlp_endpoint": "http://h:99999"}, {}, "is not an address", id="url-with-a-wild-port"),
        pytest.param({"jaeger_ui": "http://h/?a=b"}, {}, "is not an address", id="url-with-a-query"),
        pytest.param({"otlp_endpoint": "http://me:pw@h"}, {}, "OTEL_EXPORTER_OTLP_HEADERS", id="url-with-credentials"),
        pytest.param({"retry_period": "9s"}, {}, "1.2 times", id="lease-times-without-room"),
        pytest.param({"renew_deadline": "15s"}, {}, "longer than the deadline", id="deadline-as-long-as-the-lease"),
        pytest.param({"lease_duration": "2h"}, {}, "at most 3600s", id="a-lease-for-hours"),
    ],
)
def test_refused(flags: dict[str, str | None], variables: dict[str, str], says: str) -> None:
    """A wrong value is wrong use: it names flag or variable, what was found and what is allowed."""
    with pytest.raises(CommandError, match="Nothing was started") as raised:
        settings(flags, **variables)
    assert raised.value.exit_code == ExitCode.USAGE
    assert says in raised.value.message


@pytest.mark.parametrize(
    ("variables", "warnings"),
    [
        pytest.param({"PATH": "/bin", "MCK_WORKERS": "2"}, (), id="known"),
        pytest.param(
            {"MCK_WORKER": "2"},
            ("MCK_WORKER is not a variable of multicasskop run; did you mean MCK_WORKERS?",),
            id="typing-error",
        ),
        pytest.param(
            {"MCK_SERVICE_HOST": "10.0.0.1"}, ("MCK_SERVICE_HOST is not a variable of multicasskop run",), id="service"
        ),
        pytest.param(
            {"LOG_LEVEL": "loud"},
            ('LOG_LEVEL: "loud" is not known (allowed: debug, info, warn, error); the default is used',),
            id="go-accepted-it",
        ),
    ],
)
def test_warnings(variables: dict[str, str], warnings: tuple[str, ...]) -> None:
    """Variables that mean nothing here are a warning and no error."""
    assert read_settings(LOCAL, variables)[1] == warnings


def test_every_field_has_one_option() -> None:
    """The table of options and the fields of the settings are the same list."""
    assert [option.field for option in OPTIONS] == list(dict.fromkeys(option.field for option in OPTIONS))
    assert {option.field for option in OPTIONS} == set(Settings.__dataclass_fields__)


def test_reconciler_gets_what_concerns_it() -> None:
    """Namespaces and what is allowed in them reach the reconciler as they were set."""
    settings = Settings(local="x", watch_namespaces=("a",), allow_cross_namespace=True, refuse_own_namespace=True)
    assert options_of(settings, "own") == ReconcilerOptions(("a",), True, "own", True)
