"""How figures leave a benchmark run: tables for people, results.json for programs."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Comparison, Figure, Result, Side, percentile
from bench.pace import pace

RESULTS = Path(__file__).parent / "results.json"
FIGURES = ("figure", "unit", "samples", "p50", "p99", "goal", "met", "peer p99", "ratio")
COMPARISONS = ("figure", "unit", "runs", "ours", "theirs", "ratio", "goal", "met")
LEFT = frozenset({"figure", "unit", "met"})
JUDGED = {True: "yes", False: "NO", None: "-"}


def row(result: Result) -> dict[str, Any]:
    """One entry of results.json, with the same fields for both sorts.

    `p50` and `p99` are ours; `peer` is the peer's p99 of a figure, and the other side's median of a comparison.
    """
    goal = {"goal": result.goal.limit if result.goal else None, "bound": result.goal.bound if result.goal else None}
    found = figure_row(result) if isinstance(result, Figure) else comparison_row(result)
    return {"name": result.name, "unit": result.unit, **found, **goal, "met": result.met}


def figure_row(figure: Figure) -> dict[str, Any]:
    """What a figure has for its entry."""
    return {
        **percentiles(figure.samples),
        "peer": figure.peer.p99 if figure.peer else None,
        "ratio": round(figure.ratio, 4) if figure.ratio is not None else None,
        "samples": rounded(figure.samples),
    }


def comparison_row(comparison: Comparison) -> dict[str, Any]:
    """What a comparison has for its entry; the samples of both sides stand in the order of the runs."""
    return {
        **percentiles(comparison.ours.samples),
        "peer": round(comparison.theirs.p50, 3),
        "ratio": round(comparison.ratio, 4),
        "samples": rounded(comparison.ours.samples),
        "peer_name": comparison.theirs.name,
        "peer_samples": rounded(comparison.theirs.samples),
        "spread": round(comparison.ours.spread, 3),
        "peer_spread": round(comparison.theirs.spread, 3),
    }


def percentiles(samples: Sequence[float]) -> dict[str, float]:
    """Median and p99."""
    return {"p50": round(percentile(samples, 0.5), 3), "p99": round(percentile(samples, 0.99), 3)}


def rounded(samples: Iterable[float]) -> list[float]:
    """The samples to three places."""
    return [round(sample, 3) for sample in samples]


def write_results(results: Sequence[Result], path: Path = RESULTS) -> None:
    """Put the results into results.json, each with day, commit and pace; what was not measured now stays there."""
    measured = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit(), "pace": pace()}
    entries = {entry["name"]: entry for entry in json.loads(path.read_text())} if path.exists() else {}
    entries |= {result.name: {**row(result), **measured} for result in results}
    path.write_text(json.dumps(list(entries.values()), indent=2) + "\n")


def commit() -> str:
    """What was measured, as git calls it, `-dirty` when something in it is not committed; empty outside of a clone."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def circumstances() -> str:
    """Machine, date and versions, without which a figure means nothing."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"5 KB of JSON in {pace():g} us · "
        f"{datetime.now(UTC):%Y-%m-%d} · Python {platform.python_version()}, multicasskop {version('multicasskop')}"
    )


def print_table(results: Sequence[Result], console: Console) -> None:
    """Print the figures, then what was measured beside a peer, then what has to be known of the peers."""
    figures = [result for result in results if isinstance(result, Figure)]
    comparisons = [result for result in results if isinstance(result, Comparison)]
    if figures:
        show(console, "multicasskop, measured", FIGURES, map(cells, figures))
    if comparisons:
        show(console, "beside its peers, in turns; medians (least..most)", COMPARISONS, map(compared, comparisons))
    console.print(circumstances())
    for line in remarks(figures, comparisons):
        console.print(line)


def show(console: Console, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one table."""
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in LEFT else "right", no_wrap=True)
    for texts in rows:
        table.add_row(*texts)
    console.print(table)


def remarks(figures: Sequence[Figure], comparisons: Sequence[Comparison]) -> list[str]:
    """One line for each thing that has to be known of a peer or a side."""
    peers = [f"peer {figure.peer.name}: {figure.peer.source}" for figure in figures if figure.peer]
    sides = [side for comparison in comparisons for side in (comparison.ours, comparison.theirs) if side.remark]
    return list(dict.fromkeys([*peers, *(f"{side.name}: {side.remark}" for side in sides)]))


def cells(figure: Figure) -> tuple[str, ...]:
    """The table's cells of one figure; a dash stands for what does not exist."""
    return (
        figure.name,
        figure.unit,
        str(len(figure.samples)),
        f"{figure.p50:g}" if figure.unit == "calls" else f"{figure.p50:.1f}",
        f"{figure.p99:g}" if figure.unit == "calls" else f"{figure.p99:.1f}",
        str(figure.goal or "-"),
        JUDGED[figure.met],
        f"{figure.peer.p99:g}" if figure.peer else "-",
        f"{figure.ratio:.3f}" if figure.ratio is not None else "-",
    )


def compared(comparison: Comparison) -> tuple[str, ...]:
    """The table's cells of one comparison."""
    return (
        comparison.name,
        comparison.unit,
        str(len(comparison.ours.samples)),
        extent(comparison.ours),
        extent(comparison.theirs),
        f"{comparison.ratio:.3f}",
        str(comparison.goal or "-"),
        JUDGED[comparison.met],
    )


def extent(side: Side) -> str:
    """Median, least and most, with three significant digits or all that stand before the point."""
    middle, least, most = map(significant, (side.p50, min(side.samples), max(side.samples)))
    return f"{middle} ({least}..{most})"


def significant(value: float) -> str:
    """A number with three significant digits; whole where it has more before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
