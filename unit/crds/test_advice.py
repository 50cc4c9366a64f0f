"""What is told to people who look a code up."""

import re

import pytest
from multicasskop.crds.advice import ADVICE
from multicasskop.crds.codes import Code
from multicasskop.operator.main import VERBS

COMMAND = re.compile(r"`multicasskop ([a-z-]+)")


def test_every_code_has_advice() -> None:
    """No code is without a cause and a remedy."""
    assert set(ADVICE) == set(Code)


@pytest.mark.parametrize("code", list(Code))
def test_advice(code: Code) -> None:
    """Cause and remedy are sentences of one line each, and the verbs that they name exist."""
    advice = ADVICE[code]
    for text in advice:
        assert text.endswith(".")
        assert "\n" not in text
    assert [verb for verb in COMMAND.findall(" ".join(advice)) if verb not in VERBS] == []
