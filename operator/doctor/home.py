"""Home: reached, with our kinds as this release needs them, and with an operator."""

from collections.abc import Iterator
from datetime import UTC, datetime

from multicasskop.crds.codes import Code
from multicasskop.operator.doctor.check import Category, Check, attention, broken, good
from multicasskop.operator.doctor.seen import Home
from multicasskop.operator.lease.record import LeaseRecord
from multicasskop.operator.output.ages import age

NEEDED = ("multicasskops", "multicasskops/status", "cassandraclusters")
LEASES_LONG = 2
"""So many times as long as it lasts without a renewal, and nobody is there any more, or clocks are apart."""
INSTALL = "kubectl create -f, or replace -f, the definitions of this release (crds/manifests)"


def home(seen: Home, now: datetime) -> Category:
    """Look at home."""
    reached = good("home", f"reached {seen.server} in {1000 * seen.answer.took:.0f}ms, {seen.answer.version}")
    return Category("home", (reached, kinds(seen), *operators(seen), *leases(seen, now), *orphans(seen)))


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


def leases(seen: Home, now: datetime) -> Iterator[Check]:
    """Who leads, and whether that one is alive: a lease is renewed several times while it lasts."""
    for name, lease in seen.leases:
        quiet = silence_of(lease, now)
        if not lease.holder:
            yield attention("home", f"lease {name} is held by nobody", hint="start the operator, or look at its log")
        elif quiet is not None and quiet > LEASES_LONG * max(lease.duration, 1.0):
            text = f"lease {name} was renewed {age(quiet)} ago by {lease.holder}, and lasts {lease.duration:g}s"
            yield broken("home", text, hint="look at the log of that pod; another one takes over when it is gone")
        else:
            yield good("home", f"{lease.holder} leads")


def silence_of(lease: LeaseRecord, now: datetime) -> float | None:
    """Seconds since the last renewal by the holder's clock; None where it does not say when."""
    try:
        renewed = datetime.fromisoformat(lease.renewed)
    except ValueError:
        return None
    return (now - (renewed if renewed.tzinfo else renewed.replace(tzinfo=UTC))).total_seconds()


def orphans(seen: Home) -> Iterator[Check]:
    """Children that were left behind with a member that could not be reached."""
    if seen.orphans:
        what = f"{len(seen.orphans)} children were left behind: {', '.join(seen.orphans[:5])}"
        yield attention("home", what, Code.DELETION_BLOCKED, "they are removed when their members are back")
