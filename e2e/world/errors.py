"""What can go wrong with a world.

WorldError                  one line that says what, where and what to do
├── ProgramsError         the control planes' programs are neither found nor can they be built
├── NotSupportedError            this kind of world cannot do that
├── NotRunningError              there is no world in that folder
└── ProcessError           a process did not start; carries the end of its log
ApiError                  an API server answered with an error, or not at all
"""

from pathlib import Path


class WorldError(Exception):
    """A world cannot do what was asked; the text says what, where and what to do."""


class ProgramsError(WorldError):
    """etcd, kube-apiserver or kube-controller-manager is not there and could not be built."""


class NotSupportedError(WorldError):
    """The world cannot do that: it did not start that cluster, or the tier is not made yet."""


class NotRunningError(WorldError):
    """No world stands in the folder."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"no world in {directory}; start one with: python -m e2e.world up --dir {directory}")


class ProcessError(WorldError):
    """A process of the world left, or was not ready in time."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        self.log = log
        super().__init__(f"{name} {what}; the end of {log}:\n{tail(log)}")

    @property
    def port_was_taken(self) -> bool:
        """Whether another program had taken the port in the meantime: worth another try on another port."""
        return "address already in use" in tail(self.log, 200)


class ApiError(Exception):
    """An API server answered with an error (status 0: it did not answer)."""

    def __init__(self, member: str, method: str, path: str, status: int, reason: str, message: str) -> None:
        self.member = member
        self.status = status
        self.reason = reason
        super().__init__(f"{member}: {method} {path}: {status} {reason}: {message}")

    @property
    def is_not_found(self) -> bool:
        """The object, or its kind, is not there."""
        return self.status == 404

    @property
    def is_conflict(self) -> bool:
        """The object is newer than the version that was sent."""
        return self.status == 409 and self.reason == "Conflict"

    @property
    def is_already_exists(self) -> bool:
        """An object of that name is there."""
        return self.status == 409 and self.reason == "AlreadyExists"


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, or an empty text when there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
