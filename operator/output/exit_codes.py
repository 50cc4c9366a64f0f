"""Exit codes of every verb, and the exception that carries one to the top of the program."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the number means that the program leaves behind; scripts may rely on it."""

    OK = 0
    """Done; or the answer is yes, or there was nothing to do."""
    NO = 1
    """Ran well, and the answer is no."""
    USAGE = 2
    """Wrong use: flags, variables, an unreadable or malformed file."""
    HOME = 3
    """The home cluster cannot be reached, or does not allow it."""
    NOT_FOUND = 4
    """The object or member does not exist."""
    PARTLY = 5
    """At least one member could not be asked."""
    REFUSED = 6
    """Refused by the API server or by the operator's rules; nothing was changed."""
    TIMEOUT = 7
    """The time limit was reached."""
    BUG = 70
    """A defect of this program; a crash file tells where."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


class CommandError(Exception):
    """An expected failure: one line that says what, where and what to do, never a traceback.

    `message` says what is wrong and what was not done, `hint` the one next step, `code` the catalogue's number
    (`MCK…`, or empty), `exit_code` what the program leaves with.
    """

    def __init__(self, exit_code: ExitCode, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.message = message
        self.hint = hint
        self.code = code

    def line(self) -> str:
        """The failure as one line of text."""
        message = self.message if self.message[-1:] in "." else f"{self.message}."
        parts = (self.code, message if self.hint else self.message, self.hint and f"Next: {self.hint}")
        return " ".join(part for part in parts if part)
