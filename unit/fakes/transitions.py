"""States of a reflector, and stimuli for them."""

from collections.abc import Iterable

from multicasskop.informers.states import (
    Delta,
    Deltas,
    Fault,
    Memory,
    Output,
    State,
    Stimulus,
    Watching,
)
from multicasskop.informers.transitions import step

KNOWN = Memory("10")


WATCHING = Watching(KNOWN, "10", 0.0, heard=True)


def run(state: State, stimuli: Iterable[Stimulus]) -> tuple[State, list[Output | Delta]]:
    """Return the last state, and all outputs, with each delta in its place."""
    said: list[Output | Delta] = []
    for stimulus in stimuli:
        state, outputs = step(state, stimulus)
        for output in outputs:
            said += output.deltas if isinstance(output, Deltas) else [output]
    return state, said


def fault_of(outputs: Iterable[Output | Delta]) -> Fault:
    """Return the one fault among the outputs."""
    (fault,) = (output for output in outputs if isinstance(output, Fault))
    return fault


def deltas_of(outputs: Iterable[Output | Delta]) -> list[Delta]:
    """Return the deltas among the outputs."""
    return [output for output in outputs if isinstance(output, Delta)]
