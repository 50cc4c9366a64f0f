"""The peer that is written in Go: built once per machine and content, into the project's cache."""

import hashlib
import os
import subprocess
from pathlib import Path

from multicasskop.world.building import environment
from multicasskop.world.errors import ProgramsError, tail
from multicasskop.world.programs import cache_folder
from multicasskop.world.toolchain import find_go

SOURCE = Path(__file__).parent / "client_go"
NAME = "client-go-peer"


def client_go(cache: Path | None = None, source: Path = SOURCE) -> Path:
    """Return the program, built when the cache has none of this source; ProgramsError with the end of go's log."""
    cache = cache or cache_folder().parent
    program = cache / f"{NAME}-{digest(source)}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        build(find_go(cache), source, program)
    return program


def digest(source: Path) -> str:
    """What tells this source from every other: names and contents of its files."""
    content = hashlib.sha256()
    for file in sorted(source.iterdir()):
        content.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return content.hexdigest()[:16]


def build(go: str, source: Path, program: Path) -> None:
    """Build it, whole or not at all."""
    unfinished, log = program.with_name(f"{program.name}.{os.getpid()}"), program.with_name(f"{NAME}.log")
    command = [go, "build", "-trimpath", "-buildvcs=false", "-o", str(unfinished), "."]
    with log.open("wb") as output:
        done = subprocess.run(
            command, cwd=source, env=environment(os.environ), stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise ProgramsError(f"{' '.join(command)} failed in {source}; the end of {log}:\n{tail(log)}")
    unfinished.rename(program)
