"""A name server for one zone, as a container beside the clusters: BIND 9, which takes updates from who has the key."""

import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from multicasskop.world.errors import WorldError
from multicasskop.world.kind import bases, docker, engine
from multicasskop.world.processes import wait_until
from multicasskop.world.progress import ProgressSink, silent

PUBLISHED: Final = "ubuntu/bind9:9.18-22.04_beta"
MADE: Final = "multicasskop/world-bind:9-bookworm"
ROOT: Final = bases.Root(("bind9", "bind9-utils"), {})
NETWORK, KEY = "kind", "publisher"
PATIENCE: Final = 30.0
# names of pods that come and go are asked for again at once, found or not
CONFIGURATION: Final = """\
options {{
  directory "/var/cache/bind";
  listen-on {{ any; }};
  listen-on-v6 {{ none; }};
  recursion no;
  allow-query {{ any; }};
  dnssec-validation no;
}};
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "{zone}" {{
  type primary;
  file "/var/lib/bind/zone";
  allow-update {{ key "{key}"; }};
  notify no;
}};
"""
ZONE: Final = """\
$TTL 1
@ IN SOA ns.{zone}. hostmaster.{zone}. 1 60 60 60 1
@ IN NS ns.{zone}.
ns IN A 127.0.0.1
"""


class NameServer(NamedTuple):
    """A running one: its zone, where it answers, and the secret with which the zone may be changed."""

    zone: str
    address: str
    secret: str


@contextmanager
def name_server(zone: str, progress: ProgressSink = silent, name: str = "") -> Iterator[NameServer]:
    """Lend a name server for the zone, on the network of the clusters. Raises ProgramsError, WorldError.

    Who gives its container a name can take it away by `end` in another process.
    """
    name = name or f"world-bind-{secrets.token_hex(3)}"
    secret = b64encode(secrets.token_bytes(32)).decode()
    with TemporaryDirectory(prefix="bind-") as folder:
        (Path(folder) / "named.conf").write_text(CONFIGURATION.format(zone=zone, key=KEY, secret=secret))
        (Path(folder) / "zone").write_text(ZONE.format(zone=zone))
        engine.docker("create", "--name", name, "--network", NETWORK, image(progress), "named", "-g")
        try:
            engine.docker("cp", f"{folder}/named.conf", f"{name}:/etc/bind/named.conf")
            engine.docker("cp", f"{folder}/zone", f"{name}:/var/lib/bind/zone")
            engine.docker("start", name)
            await_answers(name, zone)
            yield NameServer(zone, address_of(name), secret)
        finally:
            end(name)


def end(name: str) -> None:
    """Take away the container of that name; it is all right when there is none."""
    engine.docker("rm", "--force", "--volumes", name)


def image(progress: ProgressSink) -> str:
    """The image of BIND: the one that was made here, or the published one, or one that is made now."""
    if docker.is_there(MADE):
        return MADE
    refused = "" if docker.is_there(PUBLISHED) else docker.pull(PUBLISHED)
    return bases.root_image(MADE, ROOT, refused, progress) if refused else PUBLISHED


def address_of(container: str) -> str:
    """Its address on the network of the clusters."""
    template = f'{{{{(index .NetworkSettings.Networks "{NETWORK}").IPAddress}}}}'
    return engine.docker("inspect", "--format", template, container).strip()


def await_answers(container: str, zone: str) -> None:
    """Return when it has loaded the zone."""
    if not wait_until(lambda: f"zone {zone}/IN: loaded" in logs(container), PATIENCE):
        raise WorldError(f"BIND has not loaded {zone} within {PATIENCE:g}s:\n{logs(container)[-600:]}")


def logs(container: str) -> str:
    """What it has said; BIND says all of it on stderr, which is sent to where stdout goes."""
    return engine.run("sh", "-c", f"docker logs {container} 2>&1")
