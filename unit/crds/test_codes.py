"""The error codes."""

import re

import pytest
from multicasskop.crds.codes import Code


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (101, "UNKNOWN_FIELD"),
        (104, "UNKNOWN_MEMBER"),
        (110, "MISSING_FIELD"),
        (121, "DUPLICATE_DATACENTER"),
        (123, "NAME_TOO_LONG"),
        (201, "SHRINK_REFUSED"),
        (206, "ZERO_NODES_REFUSED"),
        (301, "UNREACHABLE"),
        (302, "TLS_FAILED"),
        (303, "UNAUTHORIZED"),
        (304, "IDENTITY_CHANGED"),
        (311, "FORBIDDEN"),
        (312, "KIND_NOT_SERVED"),
        (313, "QUOTA_EXCEEDED"),
        (314, "NAMESPACE_GONE"),
        (341, "SEED_UNRESOLVED"),
        (401, "CONFLICT"),
        (402, "REFUSED"),
        (403, "DEADLINE"),
        (404, "DELETION_BLOCKED"),
        (501, "ZERO_VALUE_COUNTS"),
        (503, "CASCADE_MISSING"),
        (504, "SEEDS_UNDELIVERED"),
    ],
)
def test_code_is_pinned(number: int, name: str) -> None:
    """A code that is out in the world keeps its number."""
    assert Code[name] == f"MCK{number}"


@pytest.mark.parametrize("code", Code, ids=str)
def test_code_says_what_it_means(code: Code) -> None:
    """Each code has its form and a meaning of one line that is nobody else's."""
    assert re.fullmatch(r"MCK[1-5][0-9]{2}", code)
    assert code.meaning
    assert "\n" not in code.meaning
    assert [other for other in Code if other.meaning == code.meaning] == [code]


def test_no_number_is_used_twice() -> None:
    """Every name has a number of its own."""
    assert len(Code.__members__) == len(set(Code))


def test_codes_stand_in_order() -> None:
    """The table is sorted, so that a free number is seen."""
    assert [str(code) for code in Code] == sorted(str(code) for code in Code)
