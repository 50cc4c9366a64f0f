"""The process beside a consumer whose latency is measured: `python -m bench.witness watch`.

It reads a watch and notes when each piece came; what is in them it looks for when all is over.
"""

import sys
import threading
import time
from pathlib import Path

from multicasskop.informers.framing import LineSplitter
from multicasskop.world import kubeconfig
from multicasskop.world.api import Api

from bench.consumer import Arguments, arguments, ready, report
from bench.crowd import BOOKMARK, version_of
from bench.kinds import TEMPLATES
from bench.templates import MEMBER

PIECE = 64 * 1024

Piece = tuple[int, bytes]


def watch(given: Arguments) -> None:
    """Report when each version came, once nothing more is written."""
    api, pieces = client(given), list[Piece]()
    version = api.list(TEMPLATES)["metadata"]["resourceVersion"]

    def read() -> None:
        """Read for ever."""
        with api.watch(TEMPLATES, "", version) as response:
            ready()
            for piece in response.stream(PIECE):
                pieces.append((time.time_ns(), piece))

    threading.Thread(target=read, daemon=True).start()
    sys.stdin.read()
    report(arrivals=versions(pieces))


def versions(pieces: list[Piece]) -> dict[str, int]:
    """When the line of each version was complete."""
    splitter = LineSplitter("witness")
    lines = ((at, line) for at, piece in pieces for line in splitter.feed(piece))
    return {version_of(line): at for at, line in lines if not line.startswith(BOOKMARK)}


def client(given: Arguments) -> Api:
    """An administrator's."""
    return Api.of(kubeconfig.read(Path(given.kubeconfig), MEMBER))


if __name__ == "__main__":
    arguments("bench.witness", __doc__, watch=watch)
