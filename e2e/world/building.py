"""Building the control planes' programs from Go modules (to come in the next commit)."""

from pathlib import Path

from multicasskop.world.errors import ProgramsError
from multicasskop.world.programs import Programs
from multicasskop.world.progress import ProgressSink


def build(folder: Path, progress: ProgressSink) -> Programs:
    """Build."""
    raise ProgramsError(f"set KUBEBUILDER_ASSETS; nothing in {folder}")
