"""Write docs/reference/ from the tables in code: conditions, events, metrics, codes, settings, spans, annotations.

`python tools/reference.py` writes the pages; a unit test compares them with what this would write.
"""

import ast
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from multicasskop.crds import names
from multicasskop.crds.advice import ADVICE
from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import RULES, Reason
from multicasskop.operator.catalogue import FAMILIES, PREFIX
from multicasskop.operator.main import ALIASES, VERBS, Verb
from multicasskop.operator.members.secret_events import SECRET_EVENTS
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.settings import OPTIONS, Option, Settings
from multicasskop.reconcilers.cassandracluster.condition_set import CATALOGUE
from multicasskop.reconcilers.cassandracluster.event_reasons import EVENTS as CASSKOP_EVENTS
from multicasskop.reconcilers.cassandracluster.span_set import SPANS as CASSKOP_SPANS
from multicasskop.reconcilers.event_reason import EventReason
from multicasskop.reconcilers.multicasskop.event_reasons import EVENTS
from multicasskop.reconcilers.spans import COMMON, SPANS, SpanRule

NOTHING = "-"
SPAN_HEADINGS = ("span", "kind", "parent", "begins / ends", "attributes")
POLARITY = {True: "True is normal", False: "False is normal"}
ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
CHARTS = ROOT / "helm"
NOTE = "<!-- made from the tables in code by tools/reference.py: change those, then run it -->\n"

CLI_INTRO = (
    "Each verb is kubectl's as well (`kubectl mck status`), where the program is on its path."
    " Flags that are kubectl's mean what they mean there. Results are on stdout, talk and failures on stderr; with"
    " `-o json` both are versioned documents. Colour is used on a terminal only, and never with `NO_COLOR`."
    " Exit codes of all verbs:\n"
)
ANNOTATIONS = (
    (names.OWNER, "child", "whose it is: home id, namespace, name and UID of the MultiCasskop, and how it came to it"),
    (names.FIELDS, "child", "the paths that were set here, names only; what is dropped from them is nulled once"),
    (names.SEEDLIST, "child", "the seed list, for a CassKop that reads it before the status"),
    (names.RESTART, "child", "the last value of `spec.restart` for which its racks were told to restart"),
    (names.TRACEPARENT, "child", "the W3C trace context that its CassKop goes on with; no drift when it is changed"),
    (names.TRACEPARENT, "MultiCasskop", "a trace of yours that each rollout is linked to; nonsense is ignored"),
    (names.ADOPT, "MultiCasskop", "`<member>`: take over that member's child although it differs from what is wanted"),
    (names.APPROVE, "MultiCasskop", "`<member>@<generation>`: with `rollout.approval: Manual`, let that member go on"),
    (names.CLUSTER, "Secret", 'label `"true"`: registers a member'),
    (names.MEMBER, "Secret", "the member's name, where the Secret has another one"),
    (names.IDENTITY, "Secret", "the UID of the member's kube-system, by which it is known"),
    (names.ACCOUNT, "Secret", "namespace and name of the account in the member; written by `multicasskop register`"),
    (names.NAMESPACES, "Secret", "where that account has its rights; written by `multicasskop register`"),
    (names.REGISTRATION, "what `register` made", "home id, namespace, member: what `unregister` may delete"),
    (names.RESUME, "MultiCasskop", "`<generation>`: go on although the rollout halted"),
    (names.RELEASE, "MultiCasskop", "`<member>`: while it is deleted, wait no more for that child; it goes on record"),
    (names.LINT_IGNORE, "MultiCasskop", "codes of warnings that `multicasskop lint` leaves out"),
)


def page(title: str, intro: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A page with one table."""
    lines = [f"# {title}\n", NOTE, f"{intro}\n", line(headings), line(["---"] * len(headings)), *map(line, rows)]
    return "\n".join(lines) + "\n"


def line(cells: Sequence[str]) -> str:
    """One row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def listed(reasons: Iterable[Reason]) -> str:
    """Reasons, in their order of precedence."""
    return ", ".join(f"`{reason}`" for reason in reasons) or NOTHING


def conditions() -> str:
    """The condition types with the reasons that each status may have."""
    intro = (
        "Reasons stand in order of precedence. A condition without reasons for False is present only while it is True."
    )
    rows = [
        (f"`{name}`", POLARITY[rule.positive], *map(listed, (rule.true, rule.false, rule.unknown)))
        for name, rule in RULES.items()
    ]
    return page("Conditions of a MultiCasskop", intro, ("type", "polarity", "True", "False", "Unknown"), rows)


def events() -> str:
    """The events on a MultiCasskop, and on the Secrets of members."""
    intro = (
        "Repeats become a series, written once a minute; what the same reason has to say anew of the same member comes"
        " at once, up to five times a minute."
    )
    found = page("Events", intro, ("reason", "type", "when"), event_rows(EVENTS))
    rows = event_rows(SECRET_EVENTS)
    return found + section("On a Secret that registers a member", ("reason", "type", "when"), rows)


def casskop() -> str:
    """What CassKop tells of a CassandraCluster: conditions, events and spans."""
    intro = (
        "What `multicasskop run --controllers cassandracluster` tells of a CassandraCluster beside the status that the"
        " Go CassKop writes, which it writes as well. Metrics are those of [Metrics](metrics.md), with the prefix"
        " `casskop_` where CassKop runs alone."
    )
    found = page("CassKop", intro, ("condition", "status", "reason", "when"), map(condition_row, CATALOGUE))
    return (
        found
        + section("Events", ("reason", "type", "when"), event_rows(CASSKOP_EVENTS))
        + section("Spans", SPAN_HEADINGS, map(span_row, CASSKOP_SPANS))
    )


def condition_row(entry: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    """A row for one reason of one condition; what is no word of ours stands without marks."""
    type_, status, reason, when = entry
    return f"`{type_}`", status, reason if " " in reason else f"`{reason}`", when


def section(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One more table of a page."""
    return "\n".join(["", f"## {title}", "", line(headings), line(["---"] * len(headings)), *map(line, rows)]) + "\n"


def event_rows(events: Iterable[EventReason]) -> list[tuple[str, str, str]]:
    """A row for each reason."""
    return [(f"`{event.reason}`", event.type, event.when) for event in events]


def codes() -> str:
    """The error codes."""
    intro = (
        "1xx input, 2xx advice and refused changes, 3xx members and rights, 4xx rollout and deletion, 5xx migration."
        " `multicasskop explain CODE` says the same."
    )
    rows = [(f"`{code}`", code.meaning, *ADVICE[code]) for code in Code]
    return page("Codes", intro, ("code", "meaning", "cause", "what to do"), rows)


def metrics() -> str:
    """The metric families."""
    rows = [
        (f"`{PREFIX}_{family.name}`", family.kind, ", ".join(family.labels) or NOTHING, family.help)
        for family in FAMILIES
    ]
    return page("Metrics", "Served on `--metrics-addr`, path `/metrics`.", ("name", "type", "labels", "meaning"), rows)


def settings() -> str:
    """Flags and variables of `multicasskop run`."""
    defaults = Settings(local="")
    rows = [
        (f"`{'/'.join(option.flags)}`", variables(option), set_to(option, getattr(defaults, option.field)), option.help)
        for option in OPTIONS
    ]
    intro = "Flags and environment variables of `multicasskop run`. A flag beats a variable, a variable the default."
    return page("Settings of the operator", intro, ("flag", "variable", "default", "meaning"), rows)


def variables(option: Option) -> str:
    """The variables of a setting, the one that counts more first."""
    return ", ".join(f"`{name}`" for name in (option.variable, option.standard) if name)


def set_to(option: Option, value: object) -> str:
    """The default of a setting: one that takes a time is in seconds."""
    return f"{shown(value)}s" if option.shape == "TIME" else shown(value)


def spans() -> str:
    """The spans of traces."""
    about = ", ".join(f"`{name}`" for name in COMMON)
    intro = (
        f"Sent by `multicasskop run` when there is an endpoint. On every span about one object: {about}. "
        "`error.type` is a status code or a class of errors. "
        "The status is Error only when a person or a retry was needed."
    )
    return page("Spans", intro, SPAN_HEADINGS, map(span_row, SPANS))


def span_row(span: SpanRule) -> tuple[str, ...]:
    """A row for one span."""
    return (
        f"`{span.name}`",
        "client" if span.client else "internal",
        span.parent,
        f"{span.begins} / {span.ends}",
        ", ".join(f"`{name}`" for name in span.attributes) or NOTHING,
    )


def shown(value: object) -> str:
    """A default as a user would write it."""
    match value:
        case (str(host), int(port)):
            return f"{host}:{port}"
        case tuple() | "":
            return NOTHING
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def annotations() -> str:
    """The annotations that people meet."""
    rows = [(f"`{name}`", where, meaning) for name, where, meaning in ANNOTATIONS]
    label = f'`{names.CLUSTER}: "{names.CLUSTER_VALUE}"`'
    intro = (
        f"The finalizer of a cascade is `{names.FINALIZER}`. Field manager of all writes: `{names.FIELD_MANAGER}`. The "
        f"label {label} on a Secret in the operator's namespace registers a member."
    )
    return page("Annotations", intro, ("annotation", "on", "meaning"), rows)


def chart_values() -> str:
    """The values of the chart multi-casskop."""
    beside = "What a rollout does (order, seeds, deletion, drift) are fields of the object and not of the chart."
    return values_of("multi-casskop", beside)


def casskop_chart_values() -> str:
    """The values of the chart casskop."""
    return values_of("casskop", "How clusters are made are fields of the CassandraCluster and not of the chart.")


def values_of(chart: str, beside: str) -> str:
    """The values of a chart, and the names by which the Go operator's chart calls some of them."""
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHARTS / chart / "values.yaml").read_text())
    found = list(leaves(schema))
    rows = [(f"`{path}`", default_of(defaults, path), leaf["description"]) for path, leaf in found if not old(leaf)]
    intro = (
        f"Chart `helm/{chart}`. Anything else is refused, except `global` and `enabled`, which belong to a parent"
        f" chart. {beside}"
    )
    new = page(f"Values of the chart {chart}", intro, ("value", "default", "meaning"), rows)
    names = [line((f"`{path}`", leaf["description"])) for path, leaf in found if old(leaf)]
    about = "These count as long as they are given; the notes of an installation name them."
    heading = ["", "## Of the Go operator's chart", "", about, "", line(("value", "instead")), line(["---"] * 2)]
    return new + "\n".join([*heading, *names]) + "\n"


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The values that a schema describes, by their paths; what is deprecated is one value whatever it consists of."""
    for name, each in schema["properties"].items():
        if "properties" in each and not old(each):
            yield from leaves(each, f"{path}{name}.")
        else:
            yield f"{path}{name}", each


def old(leaf: dict[str, Any]) -> bool:
    """Whether a value stands there only because the Go operator's chart has it."""
    return bool(leaf.get("deprecated"))


def default_of(defaults: dict[str, Any], path: str) -> str:
    """The default as people would write it in YAML."""
    found: Any = defaults
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if found is None:
        return NOTHING
    return f"`{json.dumps(found)}`" if isinstance(found, list | dict) or found == "" else f"`{shown(found)}`"


def cli() -> str:
    """The verbs, with what their own help says."""
    lines = ["# Command line\n", NOTE, CLI_INTRO]
    lines += [line(("code", "meaning")), line(["---"] * 2)]
    lines += [line((f"`{int(code)}`", documented(ExitCode)[code.name])) for code in ExitCode]
    for verb in VERBS.values():
        lines += ["", *verb_lines(verb)]
    return "\n".join(lines) + "\n"


def verb_lines(verb: Verb) -> Iterator[str]:
    """One verb: its summary and examples, and its flags."""
    command = verb.load()
    first, *rest = [part for part in (command.help or "").split("\n\n") if part]
    arguments = [name_of(found) for found in command.params if found.param_type_name == "argument"]
    yield f"## multicasskop {' '.join([verb.name, *arguments])}\n"
    yield f"{first}{also(verb)}\n"
    for part in rest:
        yield f"```console\n{plain(part)}\n```\n" if part.startswith("\b") else f"{' '.join(part.split())}\n"
    options = [
        found for found in command.params if found.param_type_name == "option" and not getattr(found, "hidden", False)
    ]
    if options:
        yield from (line(("flag", "default", "meaning")), line(["---"] * 3))
        yield from (line(option_cells(found)) for found in options)


def also(verb: Verb) -> str:
    """The other words for a verb, which its own help leaves out."""
    words = [f"`multicasskop {word}`" for word, name in ALIASES.items() if name == verb.name]
    return f" {' and '.join(words)} does the same." if words else ""


def name_of(argument: Any) -> str:  # noqa: ANN401 - typer gives its parameters no public type
    """An argument as it stands in a usage line."""
    name = argument.metavar or str(argument.name).upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def plain(examples: str) -> str:
    """Examples without the mark and the indent that help has them in."""
    return "\n".join(part.removeprefix("  ") for part in examples.removeprefix("\b").strip("\n").splitlines())


def option_cells(option: Any) -> tuple[str, str, str]:  # noqa: ANN401 - as above
    """A flag's row."""
    names = "/".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = option.default
    return names, NOTHING if value in (None, False, "") else f"`{value}`", option.help or ""


def documented(words: type) -> dict[str, str]:
    """The texts that stand below the members of an enumeration."""
    nodes = [node for node in ast.walk(ast.parse(inspect.getsource(words))) if isinstance(node, ast.ClassDef)]
    found: dict[str, str] = {}
    for each, text in zip(nodes[0].body, nodes[0].body[1:], strict=False):
        match each, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(said))):
                found[name] = said
    return found


PAGES: dict[str, Callable[[], str]] = {
    "conditions.md": conditions,
    "events.md": events,
    "codes.md": codes,
    "metrics.md": metrics,
    "settings.md": settings,
    "annotations.md": annotations,
    "chart-values.md": chart_values,
    "casskop-chart-values.md": casskop_chart_values,
    "spans.md": spans,
    "cli.md": cli,
    "casskop.md": casskop,
}


def write_pages() -> None:
    """Write all pages."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make())


if __name__ == "__main__":
    write_pages()
