"""`multicasskop status`: whether all is right, and if not, where, and what happens next."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from multicasskop.operator.commands.flags import (
    AllNamespaces,
    Color,
    Context,
    Kubeconfig,
    Namespace,
    NoUnicode,
    Timeout,
    duration,
    write,
)

if TYPE_CHECKING:
    from multicasskop.operator.home import Home
    from multicasskop.operator.output.report import Report

Output = Literal["text", "wide", "json", "yaml", "name"]


def status(
    name: Annotated[str | None, typer.Argument(help="One MultiCasskop; all of them by default.")] = None,
    namespace: Namespace = "",
    all_namespaces: AllNamespaces = False,
    output: Annotated[Output, typer.Option("-o", "--output", help="How the result is written.")] = "text",
    watch: Annotated[bool, typer.Option("-w", "--watch", help="Go on, and show each change.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 unless all of it is Ready.")] = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    color: Color = "auto",
    no_unicode: NoUnicode = False,
) -> int:
    r"""Is it all right? If not, where, and what happens next: list, tree, live view.

    \b
      multicasskop status -A                    all MultiCasskops, a line each
      multicasskop status demo -n cassandra     one of them, member by member
      multicasskop status demo -n cassandra -w  live

    Reads the home cluster alone, and never writes.
    """
    from multicasskop.operator.home import Home, Where

    home = Home(Where(kubeconfig, context, namespace, all_namespaces), duration(timeout))
    try:
        if watch:
            from multicasskop.operator.watching import follow

            return follow(home, name, output, color, ascii_only=no_unicode)
        found = reports(home, name)
        show(found, name is not None, output, home, color=color, ascii_only=no_unicode)
    finally:
        home.close()
    return int(check and not all(is_ready(report) for report in found))


def reports(home: "Home", name: str | None) -> "list[Report]":
    """The reports of one MultiCasskop or of all, sorted by name."""
    from multicasskop.operator.output.report import report_of

    objects = home.list() if name is None else [home.get(name)]
    return sorted(map(report_of, objects), key=lambda report: (report.namespace, report.name))


def is_ready(report: "Report") -> bool:
    """Whether a MultiCasskop is Ready in the generation that it has now."""
    return report.phase == "Ready" and report.seen


def show(
    found: "Sequence[Report]", single: bool, output: Output, home: "Home", *, color: str, ascii_only: bool
) -> None:
    """Write the reports in the form that was asked for."""
    match output:
        case "json" | "yaml":
            sys.stdout.write(as_document(found, single, output, home))
        case "name":
            write([f"multicasskop/{report.name}" for report in found], "never")
        case _:
            write(text_lines(found, single, output == "wide", home), color, ascii_only=ascii_only)


def text_lines(found: "Sequence[Report]", single: bool, wide: bool, home: "Home") -> list[str]:
    """A tree for one that was named, else a list."""
    from multicasskop.operator.output.tree import list_lines, tree_lines

    now = home.clock.now()
    if single:
        return [line for report in found for line in tree_lines(report, "", now)]
    where = f" in namespace {home.namespace}" if home.namespace else ""
    return list_lines(found, now, wide=wide) if found else [f"no MultiCasskops{where}"]


def as_document(found: "Sequence[Report]", single: bool, output: Output, home: "Home") -> str:
    """The reports as one document."""
    from multicasskop.operator.output.document import document, in_form
    from multicasskop.operator.output.report import document_of

    now = home.clock.now()
    bodies: list[dict[str, Any]] = [document_of(report, now) for report in found]
    whole = document("StatusReport", bodies[0]) if single else document("StatusList", {"items": bodies})
    return in_form(whole, output)
