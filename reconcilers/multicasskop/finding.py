"""One thing that is wrong in a MultiCasskop."""

from dataclasses import dataclass

from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, what was found, what is allowed, and under which reason and code it is shown."""

    reason: Reason
    code: Code
    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.code.value} {self.path}: {self.found}; {self.allowed}."
