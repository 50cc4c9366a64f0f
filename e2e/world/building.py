"""Building the control planes' programs once per machine, from Go modules, telling how far it is."""

import fcntl
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from multicasskop.world import recipes
from multicasskop.world.errors import ProgramsError, tail
from multicasskop.world.programs import ETCD, KUBERNETES, NAMES, Programs
from multicasskop.world.progress import Progress, ProgressSink
from multicasskop.world.recipes import Recipe
from multicasskop.world.toolchain import find_go

SUBJECT = f"building {', '.join(NAMES)} (once per machine)"
BETWEEN_NEWS = 10.0
# before any package is compiled: what a cold build takes on two cores
COLD_SECONDS = 270.0
# linking comes after the last package and is told by nobody; it counts like so many packages
LINKING = 60


def build(folder: Path, progress: ProgressSink) -> Programs:
    """Build the programs into the folder, which appears when it is complete, and return them.

    Only one process of a machine builds at a time, the others wait for it. Raises ProgramsError with the log's end.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (found := Programs.in_folder(folder)) is not None:
            return found
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        Build(unfinished, find_go(folder.parent), progress).run()
        shutil.rmtree(unfinished / "modules")
        unfinished.rename(folder)
    programs = Programs.in_folder(folder)
    if programs is None:
        raise ProgramsError(f"the build left {folder} without one of {', '.join(NAMES)}")
    return programs


class Build:
    """One build. Its progress counts the packages that the compiler has yet to see, so it fits any machine."""

    def __init__(
        self, folder: Path, go: str, progress: ProgressSink, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
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
        with self._news():
            planned = [recipes.kubernetes(KUBERNETES), recipes.etcd(ETCD)]
            for recipe in planned:
                self._module(recipe).mkdir()
                recipe.prepare(self._module(recipe), lambda *a, recipe=recipe: self._output(recipe, a))
            self._total = sum(self._stale(recipe) + LINKING for recipe in planned)
            self._compiling = self._clock()
            for recipe in planned:
                self._compile(recipe)

    def news(self, *, done: bool = False) -> Progress:
        """How far it is."""
        return Progress(SUBJECT, self._clock() - self._began, self.left(), done, "" if done else self._detail)

    def left(self) -> float:
        """Seconds that it should still take: by the pace of the packages so far, at first by experience."""
        if not self._done:
            return max(0.0, COLD_SECONDS - (self._clock() - self._began))
        return (self._clock() - self._compiling) / self._done * (self._total - self._done)

    @contextmanager
    def _news(self) -> Iterator[None]:
        """Tell how far it is, every ten seconds and at both ends."""
        ended = threading.Event()

        def tell() -> None:
            self._progress(self.news())
            while not ended.wait(BETWEEN_NEWS):
                self._progress(self.news())

        teller = threading.Thread(target=tell, name="build/news")
        teller.start()
        try:
            yield
        finally:
            ended.set()
            teller.join()
        self._progress(self.news(done=True))

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
            env=environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def _check(self, code: int, command: Sequence[str]) -> None:
        if code:
            raise ProgramsError(
                f"{' '.join(command[:3])} failed with code {code}; set KUBEBUILDER_ASSETS to a folder with"
                f" {', '.join(NAMES)} to do without; the end of {self._log}:\n{tail(self._log)}"
            )


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """What go is told by variables: static programs, our flags only, and the toolchain that we found."""
    return {**inherited, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
