"""Credentials that end soon and that the operator does not renew: when, why, and what a person does about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.credentials import Credentials
from multicasskop.operator.members.secrets import MemberSecret
from multicasskop.operator.members.token_writing import ends_soon

log = structlog.get_logger("members")
LAST_PART: Final = 0.1
"""Of a short life: who renews a file does so after four fifths, and the file may take minutes to get here."""


def told(ends: datetime, why: str, remedy: str) -> str:
    """What the conditions and events of all that use the member say."""
    code = Code.CREDENTIAL_EXPIRING.value
    return f"{code} its credentials end at {ends:%Y-%m-%dT%H:%M:%SZ} and are not renewed here: {why}; next: {remedy}"


class Endings:
    """Looks at credentials for which no watched Secret speaks: mounted ones, and those of a kubeconfig.

    Called for each member every few seconds, and makes no call itself.
    """

    def __init__(self, watched: Callable[[str], MemberSecret | None], clock: Clock) -> None:
        self._watched, self._clock = watched, clock

    def __call__(self, cluster: Cluster, credentials: Credentials | None) -> None:
        """Say of a member that what it is reached with ends soon, or that it does not any more."""
        if self._watched(cluster.name) is not None:
            return
        text = self._text(credentials)
        if text and not cluster.ending:
            log.warning("credentials expire", member=cluster.name, code=Code.CREDENTIAL_EXPIRING, error=text)
        cluster.tell_ending(text)

    def _text(self, credentials: Credentials | None) -> str:
        ends = credentials.expires if credentials is not None else None
        if credentials is None or ends is None:
            return ""
        if not ends_soon(ends, credentials.token, self._clock.now(), LAST_PART):
            return ""
        return told(ends, f"they come from {credentials.source}", "put new ones there; no restart is needed")
