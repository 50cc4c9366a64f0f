"""`python -m bench`: measure, print the table, write results.json. `make bench ONLY=gate` picks one."""

import argparse
import sys
from collections.abc import Callable

from rich.console import Console

from bench import gate, rest, submit
from bench.measure import Figure
from bench.report import print_table, write_results
from bench.stage import Stage, staged

# in this order, so that nothing of one is still under way in the next: events of a rush are written at a steady pace
MEASUREMENTS: dict[str, Callable[[Stage], list[Figure]]] = {
    "rest": rest.measure,
    "submit": submit.measure,
    "gate": gate.measure,
}


def main() -> int:
    """Measure what was asked for; the exit code is 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="measure this one (may be repeated)")
    wanted = [name for name in MEASUREMENTS if name in (parser.parse_args().only or MEASUREMENTS)]
    console = Console(width=120)
    figures: list[Figure] = []
    with staged(console) as stage:
        for name in wanted:
            console.print(f"measuring {name}", style="dim")
            figures += MEASUREMENTS[name](stage)
    print_table(figures, console)
    write_results(figures)
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
