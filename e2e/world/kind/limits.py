"""The limit of this machine that several clusters on it reach first: inotify instances per user.

Every kubelet, systemd and controller manager holds some; a cluster of three nodes and one of one node hold 86 together,
and control planes beside them 6 to 13 each. Many machines allow 128 (kind's own documentation, "Pod errors due to too
many open files"). Beyond the limit nothing says so: kubelets start, and their nodes never become ready.
"""

import time
from pathlib import Path

from multicasskop.world.progress import Progress, ProgressSink

NAME = "fs.inotify.max_user_instances"
SETTING = Path("/proc/sys") / NAME.replace(".", "/")
NEEDED = 1024


def allow_watches(progress: ProgressSink, setting: Path = SETTING) -> None:
    """Raise the limit until the machine starts again, where it is too low and we may; say so."""
    began, found = time.monotonic(), allowed(setting)
    if found >= NEEDED:
        return
    try:
        setting.write_text(f"{NEEDED}\n")
    except OSError:
        return  # whoever runs into it is told by `hint`
    progress(Progress(f"{NAME} raised from {found} to {NEEDED}", time.monotonic() - began, done=True))


def hint(setting: Path = SETTING) -> str:
    """What to do about a limit that is too low, as the end of an error; empty where it is not."""
    found = allowed(setting)
    return "" if found >= NEEDED else f"; {NAME} is {found}, which may be too little: sudo sysctl {NAME}={NEEDED}"


def allowed(setting: Path = SETTING) -> int:
    """How many instances a user may have; where there is no such setting, as many as are needed."""
    try:
        return int(setting.read_text())
    except (OSError, ValueError):
        return NEEDED
