"""What Deployments tell of operators."""

from pathlib import Path

import pytest
import yaml
from multicasskop.operator.registering.operators import CHART_ACCOUNT, Installed, account_in, installed_of, values

ROOT = Path(__file__).resolve().parents[3]


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
    assert account_in([one, two]) == account_in([]) == "multi-casskop"


def test_account_of_the_chart() -> None:
    """The account that is taken where no operator is there yet is that of a release named as the pages do."""
    chart = yaml.safe_load((ROOT / "helm" / "multi-casskop" / "Chart.yaml").read_text())
    page = (ROOT / "docs" / "how-to" / "install.md").read_text()
    assert f"install {CHART_ACCOUNT} helm/multi-casskop" in page
    assert chart["name"] == CHART_ACCOUNT


@pytest.mark.parametrize(
    ("container", "follows"),
    [
        pytest.param({"env": [{"name": "MCK_MEMBER_SECRETS", "value": "true"}]}, True, id="the chart's variable"),
        pytest.param({"env": [{"name": "MCK_MEMBER_SECRETS", "value": "false"}]}, False, id="the chart's default"),
        pytest.param({"args": ["run", "--member-secrets"]}, True, id="flag"),
        pytest.param({"command": ["multicasskop", "run", "--member-secrets=true"]}, True, id="flag with its value"),
        pytest.param(
            {"env": [{"name": "MCK_MEMBER_SECRETS", "value": "true"}], "args": ["--member-secrets=no"]},
            False,
            id="a flag beats the variable",
        ),
        pytest.param({"env": [{"name": "MCK_MEMBER_SECRETS", "valueFrom": {}}]}, False, id="from elsewhere"),
        pytest.param({}, False, id="neither"),
    ],
)
def test_operator_that_follows_secrets(container: dict[str, object], follows: bool) -> None:
    """Whether an operator renews tokens shows in its Deployment."""
    spec = {"template": {"spec": {"containers": [container]}}}
    assert installed_of({"metadata": {"name": "x"}, "spec": spec}).member_secrets is follows
