"""Which claims are those of a rack: by all labels that they are found by, and by the name that Kubernetes derives.

One of the two is not enough. Labels can be copied to a claim that somebody else made, and names of other clusters may
begin, or end, as this one's do (`demo` and `demo-dc1`).
"""

from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.naming import claim_name, rack_selector
from multicasskop.reconcilers.cassandracluster.sets import Claim


def own_claims(facts: Facts, rack: Rack) -> tuple[Claim, ...]:
    """The claims of a rack, of whichever volume, that may be taken away with it."""
    cluster = facts.cluster.metadata.name
    wanted = rack_selector(cluster, rack.plan.rack).items()
    tail = claim_name("", cluster, rack.plan.rack, 0).removesuffix("0")
    return tuple(
        claim
        for claim in rack.claims
        if wanted <= claim.labels.items() and claim.name.removesuffix(str(claim.ordinal)).endswith(tail)
    )
