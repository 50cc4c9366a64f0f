"""Test the laws for long: `make soak SLICE=3/20` is the third of twenty parts, each of which has its own seeds.

A law that fails is named with its seed and with the one command that finds the failure again.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAWS = "unit/laws"
# how much longer than with every run
FACTOR = "25"
SECONDS = "3600"


def slice_of(text: str) -> tuple[int, int]:
    """The part and the number of parts in `3/20`; ValueError for anything else."""
    part, _, parts = text.partition("/")
    number, count = int(part), int(parts)
    if not 1 <= number <= count:
        raise ValueError(f"{text}: the part is to be from 1 to {count}")
    return number, count


def command(law: str, seed: int) -> list[str]:
    """How a law is tested from a seed; all that is random follows from it."""
    options = [f"--hypothesis-seed={seed}", f"--timeout={SECONDS}", "-p", "no:cacheprovider", "-q"]
    return [sys.executable, "-m", "pytest", law, *options]


def laws() -> list[str]:
    """The files of laws, in their order."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / LAWS).glob("test_*.py"))


def main(text: str) -> int:
    """Run one part; 1 when a law did not hold, 2 for a slice that is none."""
    try:
        seed, count = slice_of(text)
    except ValueError as error:
        sys.stderr.write(f"SLICE={text} is no part such as 3/20 ({error})\n")
        return 2
    say(f"slice {seed} of {count}, seed {seed}, {FACTOR} times as many examples")
    broken = [law for law in laws() if not holds(law, seed)]
    say("all laws hold" if not broken else "again: " + "\n       ".join(shown(law, seed) for law in broken))
    return 1 if broken else 0


def holds(law: str, seed: int) -> bool:
    """Test one law, its own output shown."""
    say(f"{law} from seed {seed}")
    environment = {**os.environ, "LAW_FACTOR": FACTOR}
    return subprocess.run(command(law, seed), cwd=ROOT, env=environment, check=False).returncode == 0  # noqa: S603


def say(line: str) -> None:
    """Print a line before what the tests print."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def shown(law: str, seed: int) -> str:
    """A command as it is typed."""
    return f"LAW_FACTOR={FACTOR} .venv/bin/python -m pytest {law} --hypothesis-seed={seed} --timeout={SECONDS}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "1/20"))
