"""What Deployments tell of operators."""

import pytest
from multicasskop.operator.registering.operators import Installed, account_in, installed_of, values


def deployment(*args: str, account: str = "op") -> dict[str, object]:
    """A Deployment with these arguments."""
    pod = {"serviceAccountName": account, "containers": [{"args": ["run", *args]}]}
    return {"metadata": {"name": "op"}, "spec": {"template": {"spec": pod}}}


def test_operator_of_the_chart() -> None:
    """Account, home and members stand in the pod's template."""
    found = installed_of(deployment("--local=a", "--remote=b", "--remote=c"))
    assert found == Installed("op", "op", "a", ("b", "c"))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(["-r", "b"], ("b",), id="short"),
        pytest.param(["-rb"], ("b",), id="glued"),
        pytest.param(["--remote", "b"], ("b",), id="long"),
        pytest.param(["--remote=b,c"], ("b", "c"), id="list"),
        pytest.param(["--retry-period=2s"], (), id="another flag"),
        pytest.param(["-r"], (), id="without a value"),
        pytest.param(["-rb", "--remote=b"], ("b",), id="twice"),
    ],
)
def test_flags(words: list[str], found: tuple[str, ...]) -> None:
    """Every way to write a flag is understood."""
    assert values(words, ("-r", "--remote")) == found


@pytest.mark.parametrize("broken", [{}, {"spec": None}, {"spec": {"template": {"spec": {"containers": [None]}}}}])
def test_broken_deployment(broken: dict[str, object]) -> None:
    """What lacks everything tells nothing."""
    assert installed_of({"metadata": {"name": "x"}, **broken}) == Installed("x", "", "", ())


def test_account() -> None:
    """One account is taken, of several none."""
    one, two = (Installed("x", name, "", ()) for name in "ab")
    assert account_in([one]) == "a"
    assert account_in([one, two]) == account_in([]) == "multicasskop"
