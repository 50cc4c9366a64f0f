"""What external-dns does for headless services: the names of their pods, published in a zone by dynamic updates.

It follows the rules of kubernetes-sigs/external-dns for its source `service`: the annotation
`external-dns.alpha.kubernetes.io/hostname` names one or more domains; each pod with a host name is
`<hostname>.<domain>`, and the domain itself stands for all of them. Pods that are not ready count where the service
publishes them.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import dns.exception
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kind.bind import KEY, NameServer
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import PODS, SERVICES

log = logging.getLogger(__name__)
HOSTNAME: Final = "external-dns.alpha.kubernetes.io/hostname"
TTL_SECONDS, EVERY_SECONDS, TIMEOUT_SECONDS = 1, 1.0, 10.0
Records = Mapping[str, frozenset[str]]
Change = tuple[str, frozenset[str]]


def records(services: Iterable[Json], pods: Iterable[Json]) -> Records:
    """By name, without the dot at its end: the addresses that are published for these services of one cluster."""
    found = dict[str, set[str]]()
    given = tuple(pods)
    for service in services:
        for domain in domains(service):
            for pod in filter(lambda pod: is_published(service, pod), given):
                for name in names(pod, domain):
                    found.setdefault(name, set()).add(pod["status"]["podIP"])
    return {name: frozenset(addresses) for name, addresses in found.items()}


def domains(service: Json) -> tuple[str, ...]:
    """The domains that a headless service asks for."""
    text = (service["metadata"].get("annotations") or {}).get(HOSTNAME, "")
    headless = service["spec"].get("clusterIP") == "None"
    return tuple(part.strip().rstrip(".") for part in text.split(",") if part.strip()) if headless else ()


def is_published(service: Json, pod: Json) -> bool:
    """Whether a pod belongs to a service, has an address, and is ready if it has to be."""
    labels = pod["metadata"].get("labels") or {}
    selected = (service["spec"].get("selector") or {}).items() <= labels.items()
    conditions = pod["status"].get("conditions") or ()
    ready = any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)
    counts = ready or bool(service["spec"].get("publishNotReadyAddresses"))
    return selected and counts and bool(pod["status"].get("podIP"))


def names(pod: Json, domain: str) -> Iterator[str]:
    """The names of a pod in a domain."""
    if pod["spec"].get("hostname"):
        yield f"{pod['spec']['hostname']}.{domain}"
    yield domain


def difference(zone: str, before: Records, after: Records) -> Iterator[Change]:
    """The names in the zone whose addresses change, with the new ones; none when a name goes."""
    for name in sorted(before.keys() | after.keys()):
        inside = name == zone or name.endswith(f".{zone}")
        if inside and before.get(name) != after.get(name):
            yield name, after.get(name, frozenset())


class Publisher:
    """Looks at the services and pods of all members every second, and tells the name server what has changed."""

    def __init__(self, world: KindWorld, server: NameServer, namespace: str) -> None:
        self._apis = [world.admin(member) for member in world.members]
        self._server, self._namespace = server, namespace
        self._published: Records = {}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Publish until stopped. What was published stays while an API server is away, as external-dns leaves it."""
        while not self._stopped.wait(EVERY_SECONDS):
            try:
                self.look()
            except (ApiError, OSError, dns.exception.DNSException) as failure:
                log.warning("names are not published: %s: %s", type(failure).__name__, failure)

    def look(self) -> None:
        """Publish once."""
        wanted: dict[str, set[str]] = {}
        for api in self._apis:
            for name, addresses in self._of(api).items():
                wanted.setdefault(name, set()).update(addresses)
        after = {name: frozenset(addresses) for name, addresses in wanted.items()}
        changes = tuple(difference(self._server.zone, self._published, after))
        if changes:
            send(self._server, changes)
            self._published = after

    def stop(self) -> None:
        """Publish nothing more."""
        self._stopped.set()

    def _of(self, api: Api) -> Records:
        return records(api.items(SERVICES, self._namespace), api.items(PODS, self._namespace))


def send(server: NameServer, changes: Iterable[Change]) -> None:
    """Tell the name server new addresses of names. Raises OSError or a DNSException when it did not take them."""
    keyring = dns.tsigkeyring.from_text({KEY: server.secret})
    update = dns.update.UpdateMessage(server.zone, keyring=keyring, keyalgorithm="hmac-sha256")
    for name, addresses in changes:
        absolute = f"{name}."
        update.delete(absolute, "A")
        for address in sorted(addresses):
            update.add(absolute, TTL_SECONDS, "A", address)
    answer = dns.query.tcp(update, server.address, timeout=TIMEOUT_SECONDS)
    if answer.rcode() != 0:
        raise OSError(f"{server.address} refused an update of {server.zone}: {dns.rcode.to_text(answer.rcode())}")


@contextmanager
def publishing(world: KindWorld, server: NameServer, namespace: str) -> Iterator[Publisher]:
    """Lend a publisher that runs."""
    found = Publisher(world, server, namespace)
    thread = threading.Thread(target=found.run, name="publisher", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.stop()
        thread.join()
