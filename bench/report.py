"""How figures leave a benchmark run: a table for people, results.json for programs."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Figure

RESULTS = Path(__file__).parent / "results.json"


def row(figure: Figure) -> dict[str, Any]:
    """One entry of results.json."""
    return {
        "name": figure.name,
        "unit": figure.unit,
        "p50": round(figure.p50, 3),
        "p99": round(figure.p99, 3),
        "peer": figure.peer.p99 if figure.peer else None,
        "ratio": round(figure.ratio, 4) if figure.ratio is not None else None,
        "goal": figure.goal,
        "met": figure.met,
    }


def write_results(figures: Sequence[Figure], path: Path = RESULTS) -> None:
    """Write results.json whole: a list in the order measured."""
    path.write_text(json.dumps([row(figure) for figure in figures], indent=2) + "\n")


def circumstances() -> str:
    """Machine, date and versions, without which a figure means nothing."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB · "
        f"{datetime.now(UTC):%Y-%m-%d} · Python {platform.python_version()}, multicasskop {version('multicasskop')}"
    )


def print_table(figures: Sequence[Figure], console: Console) -> None:
    """Print all figures side by side with their peers."""
    table = Table(title="multicasskop, measured", caption=circumstances())
    for heading in ("figure", "unit", "samples", "p50", "p99", "goal", "met", "peer p99", "ratio"):
        table.add_column(heading, justify="left" if heading in ("figure", "unit", "met") else "right", no_wrap=True)
    for figure in figures:
        table.add_row(*cells(figure))
    console.print(table)
    for peer in dict.fromkeys(figure.peer for figure in figures if figure.peer):
        console.print(f"peer {peer.name}: {peer.source}")


def cells(figure: Figure) -> tuple[str, ...]:
    """The table's cells of one figure; a dash stands for what does not exist."""
    return (
        figure.name,
        figure.unit,
        str(len(figure.samples)),
        f"{figure.p50:g}" if figure.unit == "calls" else f"{figure.p50:.1f}",
        f"{figure.p99:g}" if figure.unit == "calls" else f"{figure.p99:.1f}",
        f"<= {figure.goal:g}",
        "yes" if figure.met else "NO",
        f"{figure.peer.p99:g}" if figure.peer else "-",
        f"{figure.ratio:.3f}" if figure.ratio is not None else "-",
    )
