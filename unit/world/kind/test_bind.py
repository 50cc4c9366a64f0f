"""The name server of a zone: made, configured, awaited, and gone afterwards."""

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import WorldError
from multicasskop.world.kind import bind

ZONE = "my.zone.net"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """BIND's image is there; nobody waits for long."""
    monkeypatch.setattr(bind, "PATIENCE", 0.3)
    engine.have(bind.MADE)


def test_server_is_lent(engine: Engine) -> None:
    """It holds the zone, takes changes from who has the secret, answers on the clusters' network, and goes again."""
    engine.answer(logs=f"zone {ZONE}/IN: loaded serial 1", inspect="172.18.0.9")
    with bind.name_server(ZONE) as server:
        assert (server.zone, server.address) == (ZONE, "172.18.0.9")
        assert len(server.secret) == 44
        assert [asked[0] for asked in engine.asked("create", "cp", "start", "rm")] == ["create", "cp", "cp", "start"]
    assert engine.asked("rm")


def test_server_that_does_not_load_is_told(engine: Engine) -> None:
    """When the zone is not loaded in time the error has what BIND said, and no container is left."""
    engine.answer(logs="unknown option")
    with pytest.raises(WorldError, match=r"has not loaded my.zone.net(?s:.*)unknown option"), bind.name_server(ZONE):
        pytest.fail("it is not there")
    assert engine.asked("rm")


def test_configuration_names_zone_and_key() -> None:
    """Only who has the key may change the zone, and it is the only zone."""
    text = bind.CONFIGURATION.format(zone=ZONE, key="k", secret=str(1))
    assert text.count("zone ") == 1
    assert 'allow-update { key "k"; }' in text
    assert "recursion no" in text
