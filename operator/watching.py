"""Following MultiCasskops from a watch: the live picture, a line per change, and waiting for something to become so."""

import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from multicasskop.informers.changes import Change
from multicasskop.informers.informer import Informer
from multicasskop.operator.home import Home
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.members.registration import unreachable_now
from multicasskop.operator.output.document import as_json, document
from multicasskop.operator.output.live import Live, console
from multicasskop.operator.output.marks import in_ascii, of_phase
from multicasskop.operator.output.report import Report, document_of, report_of
from multicasskop.operator.output.tree import list_lines, tree_lines

if TYPE_CHECKING:
    from multicasskop.operator.commands.status import Output

FIRST_SECONDS = 10.0


class Following:
    """The MultiCasskops of a home cluster, kept up to date; `news` is told of each change, in a thread of its own."""

    def __init__(self, home: Home, name: str | None, news: Callable[[Report, bool], None]) -> None:
        self._home, self._name = home, name
        self._news = news
        self._informer: Informer = home.cluster.informer(MULTICASSKOPS, home.namespace)

    def start(self) -> None:
        """Begin; raises CommandError when home does not answer in time."""
        self._informer.add_listener(self._changed, name="following")
        self._home.cluster.engage()
        if not self._informer.wait_synced(FIRST_SECONDS):
            raise unreachable_now(self._home.cluster)

    def reports(self) -> list[Report]:
        """What there is now, sorted by name."""
        found = [report_of(record.mutable()) for record in self._informer.store.list()]
        chosen = [report for report in found if self._name in (None, report.name)]
        return sorted(chosen, key=lambda report: (report.namespace, report.name))

    def _changed(self, change: Change) -> None:
        report = report_of(change.record.mutable())
        if self._name in (None, report.name):
            self._news(report, change.new is None)


def follow(home: Home, name: str | None, output: "Output", color: str, *, ascii_only: bool) -> int:
    """Show MultiCasskops until Ctrl-C: redrawn in place on a terminal, else one line per change."""
    live = sys.stdout.isatty() and output in ("text", "wide")

    def tell(report: Report, gone: bool) -> None:
        """Write a report as one line, unless the picture is drawn live."""
        if not live:
            sys.stdout.write(change_line(report, gone, output, home) + "\n")
            sys.stdout.flush()

    following = Following(home, name, tell)
    following.start()
    if not live:
        threading.Event().wait()

    def lines() -> Sequence[str]:
        """The picture as it is to be drawn now."""
        found, now = following.reports(), home.clock.now()
        drawn = tree_lines(found[0], "", now) if name and found else list_lines(found, now, wide=output == "wide")
        return [in_ascii(line) for line in drawn] if ascii_only else drawn

    picture = Live(console(sys.stdout, color), lines)
    try:
        threading.Event().wait()
    finally:
        picture.close()
    return 0


def change_line(report: Report, gone: bool, output: "Output", home: Home) -> str:
    """One change as one line, of text or of JSON."""
    if output in ("json", "yaml"):
        body: dict[str, Any] = document_of(report, home.clock.now())
        return as_json(document("StatusReport", {**body, "deleted": gone}))
    if output == "name":
        return f"multicasskop/{report.name}"
    what = "gone" if gone else f"{of_phase(report.phase).sign} {report.phase}"
    parts = (f"{report.namespace}/{report.name}", what, report.ready, report.nodes, report.waiting_for)
    return "  ".join(part for part in parts if part)
