"""Building programs once per machine, from Go modules, telling how far it is."""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from multicasskop.world.errors import ProgramsError, tail
from multicasskop.world.progress import Progress, ProgressSink, reporting
from multicasskop.world.recipes import Order, Recipe
from multicasskop.world.toolchain import find_go

# linking comes after the last package and is told by nobody; it counts like so many packages
LINKING = 60


def build(folder: Path, order: Order, progress: ProgressSink) -> None:
    """Build the order's programs into the folder, which appears when it is complete.

    Only one process of a machine builds at a time, the others wait for it. Raises ProgramsError with the log's end.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if order.is_complete(folder):
            return
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        Build(unfinished, order, find_go(folder.parent), progress).run()
        shutil.rmtree(unfinished / "modules")
        unfinished.rename(folder)
    if not order.is_complete(folder):
        raise ProgramsError(f"the build left {folder} without one of {order.listed}")


class Build:
    """One build. Its progress counts the packages that the compiler has yet to see, so it fits any machine."""

    def __init__(
        self,
        folder: Path,
        order: Order,
        go: str,
        progress: ProgressSink,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._order = order
        self._go = go
        self._log = folder.with_name("build.log")
        self._progress = progress
        self._clock = clock
        self._began = clock()
        self._compiling = 0.0
        self._total = 0
        self._done = 0
        self._detail = "fetching modules"

    def run(self) -> None:
        """Build everything into the folder."""
        (self._folder / "modules").mkdir(parents=True)
        self._log.write_text("")
        with reporting(self._progress, self.news):
            for recipe in self._order.recipes:
                self._module(recipe).mkdir()
                recipe.prepare(self._module(recipe), lambda *a, recipe=recipe: self._output(recipe, a))
            self._total = sum(self._stale(recipe) + LINKING for recipe in self._order.recipes)
            self._compiling = self._clock()
            for recipe in self._order.recipes:
                self._compile(recipe)

    def news(self, done: bool = False) -> Progress:
        """How far it is."""
        subject = f"building {self._order.listed} (once per machine)"
        return Progress(subject, self._clock() - self._began, self.left(), done, "" if done else self._detail)

    def left(self) -> float:
        """Seconds that it should still take: by the pace of the packages so far, at first by experience."""
        if not self._done:
            return max(0.0, self._order.cold_seconds - (self._clock() - self._began))
        return (self._clock() - self._compiling) / self._done * (self._total - self._done)

    def _module(self, recipe: Recipe) -> Path:
        return self._folder / "modules" / recipe.name

    def _stale(self, recipe: Recipe) -> int:
        """Count the packages that have to be compiled."""
        stale = "{{if .Stale}}{{.ImportPath}}{{end}}"
        return len(self._output(recipe, ["list", "-deps", *recipe.flags(), "-f", stale, *recipe.packages]).split())

    def _compile(self, recipe: Recipe) -> None:
        """Compile and link; with -v go names each package when it begins with it."""
        target = str(self._folder) + os.sep if len(recipe.packages) > 1 else str(self._folder / recipe.name)
        command = [self._go, "build", "-v", *recipe.flags(), "-o", target, *recipe.packages]
        with self._log.open("a") as log, self._start(recipe, command, subprocess.STDOUT) as running:
            for line in running.stdout or ():
                log.write(line)
                self._done += 1
                self._detail = f"{self._done} of {self._total} packages"
        self._check(running.returncode, command)
        self._done += LINKING

    def _output(self, recipe: Recipe, arguments: Sequence[str]) -> str:
        """Run go and return what it printed; what it complained about is in the log."""
        command = [self._go, *arguments]
        with self._log.open("a") as log, self._start(recipe, command, log.fileno()) as running:
            printed = running.stdout.read() if running.stdout else ""
        self._check(running.returncode, command)
        return printed

    def _start(self, recipe: Recipe, command: Sequence[str], errors: int) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            cwd=self._module(recipe),
            env=environment(os.environ, recipe.unsummed),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def _check(self, code: int, command: Sequence[str]) -> None:
        if code:
            raise ProgramsError(
                f"{' '.join(command[:3])} failed with code {code}; {self._order.instead} to do without;"
                f" the end of {self._log}:\n{tail(self._log)}"
            )


def environment(inherited: Mapping[str, str], unsummed: str = "") -> dict[str, str]:
    """What go is told by variables: static programs, our flags only, and the toolchain that we found.

    `unsummed` are modules that the checksum database does not know, beside those that the user names.
    """
    unsummed = ",".join(filter(None, (inherited.get("GONOSUMDB"), unsummed)))
    ours = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    return {**inherited, **ours, **({"GONOSUMDB": unsummed} if unsummed else {})}
