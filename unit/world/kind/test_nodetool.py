"""What nodetool prints of the ring, as tests read it."""

import pytest
from multicasskop.world.kind.nodetool import Peer, status

HOSTS = [f"{number}a1b2c3d-0000-4000-8000-00000000000{number}" for number in range(1, 5)]
# as Cassandra 4.1.10 prints it
TEXT = f"""\
Datacenter: dc2
===============
Status=Up/Down
|/ State=Normal/Leaving/Joining/Moving
--  Address      Load        Tokens  Owns (effective)  Host ID                               Rack
DN  10.242.0.9   74.65 KiB   16      51.2%             {HOSTS[0]}  rack4

Datacenter: dc1
===============
Status=Up/Down
|/ State=Normal/Leaving/Joining/Moving
--  Address      Load        Tokens  Owns (effective)  Host ID                               Rack
UN  10.241.0.7   104.33 KiB  16      48.8%             {HOSTS[1]}  rack1
UJ  10.241.0.8   ?           16      ?                 {HOSTS[2]}  rack2
?N  10.241.0.10  1.2 MiB     16      0.0%              {HOSTS[3]}  rack3

"""


def test_status() -> None:
    """Each node with its place, whatever its state and load, in order of datacenter and rack."""
    assert status(TEXT) == (
        Peer("dc1", "rack1", "10.241.0.7", "UN", HOSTS[1]),
        Peer("dc1", "rack2", "10.241.0.8", "UJ", HOSTS[2]),
        Peer("dc1", "rack3", "10.241.0.10", "?N", HOSTS[3]),
        Peer("dc2", "rack4", "10.242.0.9", "DN", HOSTS[0]),
    )


@pytest.mark.parametrize("text", ["", "Datacenter: dc1\n===\n", "error: No nodes present in the cluster."])
def test_no_ring(text: str) -> None:
    """Where there are no nodes, none are read."""
    assert status(text) == ()
