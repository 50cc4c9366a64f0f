"""One thing that was looked at, and what came of it."""

from dataclasses import dataclass

from multicasskop.operator.output.marks import Mark


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and for what is not good the evidence and the next step."""

    mark: Mark
    subject: str
    text: str
    code: str = ""
    hint: str = ""

    @property
    def failed(self) -> bool:
        """Whether it is broken: attention and doubt are no failures."""
        return self.mark is Mark.BROKEN


@dataclass(frozen=True, slots=True)
class Category:
    """Checks of one kind, in the order in which they are shown."""

    name: str
    checks: tuple[Check, ...]


def good(subject: str, text: str) -> Check:
    """All is well."""
    return Check(Mark.GOOD, subject, text)


def attention(subject: str, text: str, code: str = "", hint: str = "") -> Check:
    """Something that somebody should look at."""
    return Check(Mark.ATTENTION, subject, text, code, hint)


def broken(subject: str, text: str, code: str = "", hint: str = "") -> Check:
    """Something that does not work."""
    return Check(Mark.BROKEN, subject, text, code, hint)


def unknown(subject: str, text: str) -> Check:
    """Something that could not be looked at."""
    return Check(Mark.UNKNOWN, subject, text)
