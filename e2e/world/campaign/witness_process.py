"""A witness as others see it: a process behind fault proxies, and what it has said so far."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from multicasskop.world import kubeconfig
from multicasskop.world.campaign.notifications import Notification, Stores
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.processes import wait_until

SECONDS = 10.0
_said = msgspec.json.Decoder(Notification | Stores)


class Witness:
    """The informer layer in a process of its own, over all contexts that it is given; ends with its `with` block.

    Its clock runs `hurry` times as fast as that of others.
    """

    def __init__(self, folder: Path, namespace: str, entries: Sequence[Entry], hurry: float = 1.0) -> None:
        self._file, self._said, self._log = folder / "witness.kubeconfig", folder / "said.jsonl", folder / "witness.log"
        self._write(entries)
        contexts = [entry.context for entry in entries]
        self._command = [
            sys.executable,
            "-m",
            "multicasskop.world.campaign.witness",
            namespace,
            f"{hurry:g}",
            *contexts,
        ]

    def __enter__(self) -> "Witness":
        environment = {**os.environ, "KUBECONFIG": str(self._file)}
        with self._said.open("wb") as said, self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=said, stderr=log, env=environment, bufsize=0
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def told(self) -> list[Notification]:
        """All changes that it was told, so far."""
        return [each for each in self._lines() if isinstance(each, Notification)]

    def held(self) -> Stores:
        """What its stores hold now; TimeoutError with the end of its log when it does not say so."""
        return self._ask("held")

    def engage(self) -> None:
        """Let it begin."""
        self._ask("engage")

    def renew(self, entries: Sequence[Entry]) -> None:
        """Give it other credentials for the same clusters, while it watches."""
        self._write(entries)
        self._ask("renew")

    def disengage(self) -> None:
        """Let it end all that it has begun."""
        self._ask("disengage")

    def _ask(self, what: str) -> Stores:
        before = len(self._answers())
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n".encode())
        if not wait_until(lambda: len(self._answers()) > before, SECONDS):
            raise TimeoutError(f"the witness does not answer to {what}\n{self._log.read_text()[-2000:]}")
        return self._answers()[-1]

    def _write(self, entries: Sequence[Entry]) -> None:
        kubeconfig.write(self._file, entries)

    def _answers(self) -> list[Stores]:
        return [each for each in self._lines() if isinstance(each, Stores)]

    def _lines(self) -> list[Notification | Stores]:
        whole, _, _ = self._said.read_bytes().rpartition(b"\n")
        return [_said.decode(line) for line in whole.splitlines()]
