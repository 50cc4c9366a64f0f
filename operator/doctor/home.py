"""Home: reached, with our kinds as this release needs them, and with an operator."""

from collections.abc import Iterator

from multicasskop.crds.codes import Code
from multicasskop.operator.doctor.check import Category, Check, attention, broken, good
from multicasskop.operator.doctor.seen import Home

NEEDED = ("multicasskops", "multicasskops/status", "cassandraclusters")
INSTALL = "kubectl create -f, or replace -f, the definitions of this release (crds/manifests)"


def home(seen: Home) -> Category:
    """Look at home."""
    reached = good("home", f"reached {seen.server} in {1000 * seen.answer.took:.0f}ms, {seen.answer.version}")
    return Category("home", (reached, kinds(seen), *operators(seen)))


def kinds(seen: Home) -> Check:
    """The definitions, as discovery tells them."""
    missing = [name for name in NEEDED if name not in seen.kinds]
    if not missing:
        return good("home", "custom resources are served in version v2, with status as a sub-resource")
    return broken("home", f"not served in version v2: {', '.join(missing)}", Code.OLD_CRD, INSTALL)


def operators(seen: Home) -> Iterator[Check]:
    """The operators that Deployments run."""
    if not seen.operators:
        text = "no Deployment of the chart is seen in this namespace; whether an operator runs is not known"
        yield attention("home", text, hint="name the operator's namespace with -n")
    for each in seen.operators:
        text = f"operator {each.name}: {each.ready} of {each.wanted} ready, home is {each.local or 'not named'}"
        if each.ready:
            yield good("home", text)
        else:
            yield broken("home", text, hint=f"kubectl describe deployment {each.name}")
