"""Settings of the operator, read once from flags and environment and frozen then.

A flag beats a variable, a variable beats the default. The arguments and variables of the Go operator work as they are
(`-l`, `-r`, `-v`, `WATCH_NAMESPACE`, `LOG_LEVEL`, `LOG_TYPE`, `POD_NAME`, `OPERATOR_NAME`, `KUBECONFIG`); newer ones
begin with `MCK_`. The table `OPTIONS` is the only list of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.codes import Code
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.values import (
    CASSANDRACLUSTER,
    MULTICASSKOP,
    address,
    boolean,
    controllers,
    count,
    listed,
    log_format,
    log_level,
    member,
    members,
    namespaces,
    part,
    seconds,
    seed_probe,
    share,
    text,
    url,
)

IMPORTS = "/var/run/secrets/admiralty.io/serviceaccountimports"
"""Where the Go operator's chart mounts imported service accounts, one folder per member."""
PREFIX = "MCK_"
CASSKOP = "casskop"
"""The name of the lease, and of the service in traces, of a process that runs CassKop alone."""
ALONE = "local"
"""How such a process calls its cluster, unless it was told a name."""
LEASE_DURATION_MAX = 3600.0
"""Seconds; what records say beyond that is not waited for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator was told. Durations are seconds; an address without a host listens on all of them."""

    local: str
    remotes: tuple[str, ...] = ()
    controllers: tuple[str, ...] = (MULTICASSKOP,)
    """What to run; CassKop alone needs no name for the cluster that it is in."""
    watch_namespaces: tuple[str, ...] = ()
    """Empty: all namespaces, as with the Go operator."""
    namespace: str = ""
    """The operator's own namespace, where its lease and the members' Secrets are; empty: found from the credentials."""
    kubeconfig: str = ""
    context: str = ""
    imports: str = IMPORTS
    member_secrets: bool = False
    """Whether labelled Secrets in the operator's namespace register members while it runs."""
    allow_local_servers: bool = False
    """Whether credentials in a Secret may lead to this machine or its link, which only tests on one machine need."""
    renew_tokens_at: float = 0.8
    """The share of a token's life after which the next one is asked for."""
    pod_name: str = ""
    operator_name: str = "multicasskop"
    """Names the lease: replicas of one operator share it."""
    workers: int = 8
    leader_elect: bool = True
    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0
    probe_interval: float = 2.0
    dark_after: float = 4.5
    """With the time that it takes to write it down: said within five seconds."""
    streamed_lists: bool = False
    metrics_address: tuple[str, int] | None = ("", 8080)
    health_address: tuple[str, int] | None = ("", 8081)
    allow_cross_namespace: bool = False
    seed_probe: str = "warn"
    refuse_own_namespace: bool = False
    bootstrap_image: str = ""
    """What CassKop writes into new CassandraClusters that name none; empty: the one of this version."""
    log_level: str = "info"
    log_format: str = "auto"
    otlp_endpoint: str = ""
    otlp_traces_endpoint: str = ""
    trace_ratio: float = 1
    jaeger_ui: str = ""

    @property
    def traced(self) -> bool:
        """Whether traces have somewhere to go."""
        return bool(self.otlp_endpoint or self.otlp_traces_endpoint)

    @property
    def service(self) -> str:
        """The name of the process in traces."""
        return MULTICASSKOP if MULTICASSKOP in self.controllers else CASSKOP

    @property
    def members(self) -> tuple[str, ...]:
        """All members, home first, then the remotes in their order."""
        return (self.local, *self.remotes)


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its field, its flags, its variable, how its text is read, and its line of help.

    `standard` is a variable that other programs read too; ours beats it. `lenient` is for what the Go operator accepted
    in silence: a wrong value there is a warning and the default counts.
    """

    field: str
    flags: tuple[str, ...]
    variable: str
    read: Callable[[str], Any]
    help: str
    shape: str = "TEXT"
    lenient: bool = False
    standard: str = ""


OPTIONS = (
    Option("local", ("-l", "--local"), "MCK_LOCAL", member, "Name of the home cluster.", "NAME"),
    Option("remotes", ("-r", "--remote"), "MCK_REMOTE", members, "Name of another member; repeatable.", "NAME"),
    Option(
        "controllers",
        ("--controllers",),
        "MCK_CONTROLLERS",
        controllers,
        "What to run: multicasskop, cassandracluster (CassKop), or both, separated by commas.",
        "NAMES",
    ),
    Option(
        "watch_namespaces",
        ("--watch-namespace",),
        "WATCH_NAMESPACE",
        namespaces,
        "Namespaces to look after, separated by commas; all of them by default.",
        "NAMES",
    ),
    Option("namespace", ("--namespace",), "MCK_NAMESPACE", text, "Namespace of the lease and of Secrets.", "NAME"),
    Option("kubeconfig", ("--kubeconfig",), "KUBECONFIG", text, "Kubeconfig of home and members.", "FILE"),
    Option("context", ("--context",), "MCK_CONTEXT", text, "Context of home, where it has another name.", "NAME"),
    Option("imports", ("--imports",), "MCK_IMPORTS", text, "Folder of imported service accounts.", "FOLDER"),
    Option(
        "member_secrets",
        ("--member-secrets",),
        "MCK_MEMBER_SECRETS",
        boolean,
        "Labelled Secrets register members, live; needs the right to read Secrets there.",
    ),
    Option(
        "allow_local_servers",
        ("--allow-local-servers",),
        "MCK_ALLOW_LOCAL_SERVERS",
        boolean,
        "Credentials in a Secret may lead to loopback and link-local addresses; for tests.",
    ),
    Option(
        "renew_tokens_at",
        ("--renew-tokens-at",),
        "MCK_RENEW_TOKENS_AT",
        part,
        "Part of a token's life after which the next one is asked for.",
        "SHARE",
    ),
    Option("pod_name", ("--pod-name",), "POD_NAME", text, "Name of this replica, as shown in the lease.", "NAME"),
    Option("operator_name", ("--operator-name",), "OPERATOR_NAME", member, "Name of the lease.", "NAME"),
    Option("workers", ("--workers",), "MCK_WORKERS", count, "How many objects are worked on side by side.", "N"),
    Option(
        "leader_elect",
        ("--leader-elect/--no-leader-elect",),
        "MCK_LEADER_ELECT",
        boolean,
        "Of several replicas only one writes.",
    ),
    Option("lease_duration", ("--lease-duration",), "MCK_LEASE_DURATION", seconds, "How long a lease holds.", "TIME"),
    Option("renew_deadline", ("--renew-deadline",), "MCK_RENEW_DEADLINE", seconds, "When a leader gives up.", "TIME"),
    Option("retry_period", ("--retry-period",), "MCK_RETRY_PERIOD", seconds, "How often a lease is renewed.", "TIME"),
    Option("probe_interval", ("--probe-interval",), "MCK_PROBE_INTERVAL", seconds, "Gap between two probes.", "TIME"),
    Option("dark_after", ("--dark-after",), "MCK_DARK_AFTER", seconds, "When a silent member is dark.", "TIME"),
    Option(
        "streamed_lists",
        ("--streamed-lists/--no-streamed-lists",),
        "MCK_STREAMED_LISTS",
        boolean,
        "Lists come object by object as the beginning of a watch, and not in compressed pages.",
    ),
    Option("metrics_address", ("--metrics-addr",), "MCK_METRICS_ADDR", address, "Where /metrics is.", "HOST:PORT"),
    Option("health_address", ("--health-addr",), "MCK_HEALTH_ADDR", address, "Where /livez, /readyz are.", "HOST:PORT"),
    Option(
        "allow_cross_namespace",
        ("--allow-cross-namespace",),
        "MCK_ALLOW_CROSS_NAMESPACE",
        boolean,
        "Children may stand in another namespace than their MultiCasskop.",
    ),
    Option(
        "seed_probe",
        ("--seed-probe",),
        "MCK_SEED_PROBE",
        seed_probe,
        "Seeds that take no connection on 8778 before another member is made: warn, require (wait for one) or off.",
        "MODE",
    ),
    Option(
        "refuse_own_namespace",
        ("--refuse-own-namespace",),
        "MCK_REFUSE_OWN_NAMESPACE",
        boolean,
        "No MultiCasskop is accepted where the operator and its Secrets are.",
    ),
    Option(
        "bootstrap_image",
        ("--bootstrap-image",),
        "MCK_BOOTSTRAP_IMAGE",
        text,
        "CassKop: bootstrapImage of new clusters that name none; default: that of this version.",
        "IMAGE",
    ),
    Option("log_level", ("--log-level",), "LOG_LEVEL", log_level, "debug, info, warn or error.", "LEVEL", lenient=True),
    Option("log_format", ("--log-format",), "LOG_TYPE", log_format, "auto, text or json.", "FORMAT", lenient=True),
    Option(
        "otlp_endpoint",
        ("--otlp-endpoint",),
        "MCK_OTLP_ENDPOINT",
        url,
        "Where traces go (OTLP over HTTP, /v1/traces is appended); without it nothing is traced.",
        "URL",
        standard="OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    Option(
        "otlp_traces_endpoint",
        ("--otlp-traces-endpoint",),
        "MCK_OTLP_TRACES_ENDPOINT",
        url,
        "The same with its path, taken as it is; beats the other.",
        "URL",
        standard="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ),
    Option("trace_ratio", ("--trace-ratio",), "MCK_TRACE_RATIO", share, "Share of traces that are sent.", "0-1"),
    Option("jaeger_ui", ("--jaeger-ui",), "MCK_JAEGER_UI", url, "Where people look at traces, for links.", "URL"),
)


def read_settings(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> tuple[Settings, tuple[str, ...]]:
    """Settings from flags (by field name) and environment, and what to warn about at start.

    Raises `CommandError` with exit code 2 for a value that cannot be read, a missing local member, a member named
    twice, or lease times that do not leave room for one another.
    """
    warnings = unknown_variables(environment)
    values: dict[str, Any] = {}
    for option in OPTIONS:
        variable = environment.get(option.variable) or environment.get(option.standard)
        values |= _value(option, flags.get(option.field), variable, warnings)
    if values.get("controllers") == (CASSANDRACLUSTER,):
        values = {"local": ALONE, "operator_name": CASSKOP, **values}
    if not values.get("local"):
        hint = "multicasskop run -l k8s-cluster1 -r k8s-cluster2"
        raise _wrong("-l/--local: the name of the home cluster is missing (MCK_LOCAL is not set either)", hint)
    settings = Settings(**values)
    _check_members(settings)
    if settings.remotes and MULTICASSKOP not in settings.controllers:
        raise _wrong("-r/--remote: CassKop works in its own cluster only")
    _check_lease(settings)
    return settings, tuple(warnings)


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """One warning for each `MCK_` variable that means nothing here; Kubernetes sets some for a Service called mck."""
    known = {option.variable for option in OPTIONS}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    return [f"{name} is not a variable of multicasskop run{_suggestion(name, known)}" for name in unknown]


def _suggestion(name: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else ""


def _value(option: Option, flag: str | None, variable: str | None, warnings: list[str]) -> dict[str, Any]:
    """The option's value as a mapping of one entry, or an empty one when neither flag nor variable was given."""
    given, source = (flag, "/".join(option.flags)) if flag is not None else (variable or None, option.variable)
    if given is None:
        return {}
    try:
        return {option.field: option.read(given)}
    except ValueError as error:
        if option.lenient and flag is None:
            warnings.append(f"{source}: {error}; the default is used")
            return {}
        raise _wrong(f"{source}: {error}") from None


def _check_members(settings: Settings) -> None:
    twice = sorted({name for name in settings.members if settings.members.count(name) > 1})
    if twice:
        raise _wrong(f"-l/-r: {listed(twice)} is named more than once (each member is one cluster)")


def _check_lease(settings: Settings) -> None:
    duration, deadline, retry = settings.lease_duration, settings.renew_deadline, settings.retry_period
    if not duration > deadline > 1.2 * retry:
        raise _wrong(
            f"--lease-duration {duration:g}s, --renew-deadline {deadline:g}s, --retry-period {retry:g}s: the duration"
            " must be longer than the deadline, and the deadline longer than 1.2 times the retry period"
        )
    if duration > LEASE_DURATION_MAX:
        raise _wrong(f"--lease-duration {duration:g}s: at most {LEASE_DURATION_MAX:g}s, or nobody could follow")


def _wrong(message: str, hint: str = "multicasskop run --help") -> CommandError:
    return CommandError(ExitCode.USAGE, f"{message}. Nothing was started.", hint=hint, code=Code.BAD_FLAG)
