"""Commands in texts: whole, for the object they are about, and safe to paste."""

import shlex

import pytest
from fakes import cases
from fakes.stage import NAMESPACE
from multicasskop.crds.names import ADOPT, APPROVE, RELEASE, RESUME
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop import pasting
from multicasskop.reconcilers.multicasskop.facts import Meta
from multicasskop.reconcilers.multicasskop.failures import (
    NAMESPACE_TERMINATING,
    QUOTA_EXCEEDED,
    REJECTED,
    TOO_LARGE,
)
from multicasskop.reconcilers.multicasskop.members import Conflict, Dark, Failed, Ready, State
from multicasskop.reconcilers.multicasskop.telling import next_step

HEAD = f"kubectl -n {NAMESPACE} annotate mck demo"
REGISTER = f"multicasskop register --context CONTEXT --as c2 -n {NAMESPACE}"


def meta(**annotations: str) -> Meta:
    """The metadata of generation 4 of a MultiCasskop, with annotations of ours."""
    named = {f"multicasskop.db.orange.com/{name}": text for name, text in annotations.items()}
    return cases.parent(generation=4, annotations=named).meta


@pytest.mark.parametrize(
    ("command", "ends"),
    [
        pytest.param(pasting.annotate(meta(), "a/b", "c"), "a/b=c", id="any"),
        pytest.param(pasting.resume(meta()), f"{RESUME}=4", id="resume"),
        pytest.param(pasting.approve(meta(), "c2"), f"{APPROVE}=c2@4", id="approve"),
        pytest.param(pasting.approve(meta(approve="c1@4, c1@3"), "c2"), f"{APPROVE}=c1@4,c2@4", id="approve more"),
        pytest.param(pasting.adopt(meta(adopt="c1"), "c2"), f"{ADOPT}=c1,c2", id="adopt more"),
        pytest.param(pasting.release(meta(), "c2"), f"{RELEASE}=c2", id="release"),
        pytest.param(pasting.release(meta(release="c2,, c1 "), "c2"), f"{RELEASE}=c2,c1", id="release again"),
    ],
)
def test_command(command: str, ends: str) -> None:
    """A command names namespace, object and value, and keeps what the annotation says already."""
    assert command == f"{HEAD} {ends} --overwrite"


def test_command_runs_nothing_else() -> None:
    """Whatever somebody wrote into the annotation, a shell reads it as one word."""
    command = pasting.release(meta(release="$(reboot); 'x"), "c2")
    assert shlex.split(command)[6] == f"{RELEASE}=$(reboot); 'x,c2"


def test_another_object() -> None:
    """The command is for the object's own namespace and name."""
    other = cases.parent(name="shop", namespace="billing").meta
    assert other.key == Key("billing", "shop")
    assert pasting.annotate(other, "a/b", "c") == "kubectl -n billing annotate mck shop a/b=c --overwrite"


@pytest.mark.parametrize(
    ("state", "step"),
    [
        pytest.param(Ready(), "", id="ready"),
        pytest.param(Dark("ConnectTimeout", "m"), "", id="dark"),
        pytest.param(Conflict("is without an owner"), f"to take it over: {HEAD} {ADOPT}=c2 --overwrite", id="conflict"),
        pytest.param(Failed("Forbidden", "m"), f"grant it: {REGISTER} --rbac-only, or by its Role there", id="right"),
        pytest.param(
            Dark("Unauthorized", "m"),
            f"give it new credentials: {REGISTER} --new-token, or a new kubeconfig",
            id="login",
        ),
        pytest.param(
            Failed("Unauthorized", "m"),
            f"give it new credentials: {REGISTER} --new-token, or a new kubeconfig",
            id="login at a write",
        ),
        pytest.param(
            Dark("TLSFailed", "m"),
            f"name the CA of its server: {REGISTER} --ca-file FILE, or a new kubeconfig",
            id="CA",
        ),
        pytest.param(Failed(QUOTA_EXCEEDED, "m"), "raise the quota, or make room; it goes on by itself", id="quota"),
        pytest.param(
            Failed(NAMESPACE_TERMINATING, "m"), "create the namespace again once it is gone", id="namespace goes"
        ),
        pytest.param(Failed(REJECTED, "m"), "change what is wanted to what the member takes", id="rejected"),
        pytest.param(Failed(TOO_LARGE, "m"), "make base or the override smaller", id="too large"),
        pytest.param(Failed("Error", "m"), "", id="unknown"),
    ],
)
def test_next_step(state: State, step: str) -> None:
    """Each state that does not pass by itself has a next step, the same whenever it is asked for."""
    assert next_step(state, "c2", meta()) == step
