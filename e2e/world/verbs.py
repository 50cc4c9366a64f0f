"""The command line as a user of the world has it: a process of its own, with an administrator's contexts."""

import subprocess
import sys
from dataclasses import dataclass

from multicasskop.world.world import World


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb left behind."""

    code: int
    out: str
    errors: str


def run(world: World, namespace: str, *words: str, seconds: float = 90) -> Said:
    """Run a verb against the first member as home, in a namespace; TimeoutExpired when it takes longer."""
    flags = [f"--kubeconfig={world.kubeconfig}", f"--context={world.members[0]}", "-n", namespace]
    command = [sys.executable, "-m", "multicasskop.operator", *words, *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    return Said(done.returncode, done.stdout, done.stderr)
