"""Where a member's credentials come from: when it is looked at again, and what is said when they cannot be used."""

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fakes.certificates import Authority
from multicasskop.informers.errors import CredentialsError
from multicasskop.operator.members.secrets import MemberSecret
from multicasskop.operator.members.source import LiveSource, NamedSource, spoken_for
from multicasskop.operator.members.static import PAGE, SecretContent
from multicasskop.operator.settings import Settings
from multicasskop.world.imports import Mount

GOOD = {"ca.crt": Authority().pem, "token": b"canary", "server": b"https://c2"}


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    """A mount whose Secret does not exist."""
    return Mount(tmp_path / "imports" / "c2")


def source(folder: Path, secret: Callable[[str], object] = lambda _: None, kubeconfig: str = "") -> NamedSource:
    """The source of member c2, by default in a pod that was given no kubeconfig."""
    settings = Settings(local="c1", remotes=("c2",), imports=str(folder / "imports"), kubeconfig=kubeconfig)
    return NamedSource("c2", settings, {"KUBERNETES_SERVICE_HOST": "x"}, secret)  # type: ignore[arg-type]


def write_kubeconfig(path: Path, server: str) -> str:
    """A kubeconfig with a context c2."""
    content = {
        "clusters": [{"name": "c2", "cluster": {"server": server}}],
        "contexts": [{"name": "c2", "context": {"cluster": "c2"}}],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_each_swap_of_a_mount_shows(tmp_path: Path, mount: Mount) -> None:
    """The mark is another one after each swap, and the same for as long as there is none."""
    it = source(tmp_path)
    marks = [it.mark()]
    for files in (GOOD, GOOD | {"token": b"nother"}, {"token": b"nother"}, {}):
        mount.project(files)
        marks.append(it.mark())
        assert it.mark() == marks[-1]
    assert len(set(marks)) == len(marks)


def test_folder_that_comes_later_shows(tmp_path: Path) -> None:
    """A folder that was not there at all shows when it comes."""
    it = source(tmp_path)
    before = it.mark()
    Mount(tmp_path / "imports" / "c2")
    assert it.mark() != before


def test_changed_kubeconfig_shows(tmp_path: Path) -> None:
    """A kubeconfig that is written again shows."""
    it = source(tmp_path, kubeconfig=write_kubeconfig(tmp_path / "config", "https://one"))
    before = it.mark()
    write_kubeconfig(tmp_path / "config", "https://other")
    assert it.mark() != before


def test_mark_asks_nobody(tmp_path: Path) -> None:
    """Looking for a change makes no call; only reading asks home for a Secret."""
    asked: list[str] = []
    it = source(tmp_path, asked.append)
    it.mark()
    assert asked == []
    with pytest.raises(CredentialsError):
        it.read()
    assert asked == ["c2"]


def test_remedy_of_an_import(tmp_path: Path, mount: Mount) -> None:
    """Whatever is wrong with an import, the one thing to do is to export its Secret again."""
    it = source(tmp_path)
    with pytest.raises(CredentialsError) as caught:
        it.read()
    assert caught.value.hint == "Export the Secret c2 again (docs/how-to/register-a-member.md)"
    mount.project(GOOD)
    assert it.read().credentials.remedy == caught.value.hint


def test_remedy_of_a_secret(tmp_path: Path) -> None:
    """The same holds for a Secret that is read from home."""
    it = source(tmp_path, lambda name: SecretContent(name, {"token": base64.b64encode(b"canary").decode()}))
    with pytest.raises(CredentialsError, match=r"secret c2: has no ca\.crt, server\. Export the Secret c2 again"):
        it.read()


def test_home_that_does_not_tell(tmp_path: Path) -> None:
    """When home cannot be asked for the Secret, it is home that is named, and nobody is sent to export anything."""

    def fail(_: str) -> None:
        raise CredentialsError("secret ops/c2", "c1: no connection")

    with pytest.raises(CredentialsError) as caught:
        source(tmp_path, fail).read()
    assert str(caught.value) == "secret ops/c2: c1: no connection"


def test_remedy_of_a_kubeconfig(tmp_path: Path) -> None:
    """What came from a kubeconfig is mended there."""
    it = source(tmp_path, kubeconfig=write_kubeconfig(tmp_path / "config", "https://one"))
    assert "kubeconfig" in it.read().credentials.remedy


def test_what_cannot_even_be_looked_at_is_told(tmp_path: Path) -> None:
    """A path that the system refuses to look at is a member without credentials, and not the operator's end."""
    it = replace(source(tmp_path), name="a" * 300)
    assert it.mark() == replace(it).mark()
    with pytest.raises(CredentialsError, match="no credentials: looked for"):
        it.read()


def test_page_that_is_named_is_there() -> None:
    """The page that messages name exists."""
    root = Path(__file__).resolve().parents[3]
    assert (root / PAGE).is_file()


def secret(name: str = "s2", *, member: str = "c2", version: str = "1", **values: bytes) -> MemberSecret:
    """A watched Secret that opens c2, or holds these values."""
    data = {key: base64.b64encode(value).decode() for key, value in (values or GOOD).items()}
    return MemberSecret(name, "ops", f"uid-{name}", version, member, data=data)


def test_watched_secret_of_a_flagged_member(tmp_path: Path) -> None:
    """A watched Secret takes the place of the one that would be read, by whatever name, and its changes show."""
    there: list[MemberSecret | None] = [None]
    it = replace(source(tmp_path), watched=lambda _: there[0])
    marks = [it.mark()]
    for version in ("1", "2"):
        there[0] = secret(version=version)
        marks.append(it.mark())
    assert len(set(marks)) == 3
    assert (it.read().via, it.read().credentials.source) == ("secret", "secret s2")


def test_mount_beats_a_watched_secret(tmp_path: Path, mount: Mount) -> None:
    """What is mounted counts first, as without live registration."""
    mount.project(GOOD)
    assert replace(source(tmp_path), watched=lambda _: secret()).read().via == "import"


def test_live_source() -> None:
    """A member that a Secret registers is what the Secret holds now, with what to do when that is refused."""
    there: list[MemberSecret | None] = [secret()]
    it = LiveSource("c2", lambda _: there[0])
    before = it.mark()
    assert it.read().credentials.server == "https://c2"
    assert it.read().credentials.remedy == f"Mend the Secret ops/s2, or register the member again ({PAGE})"
    there[0] = secret(version="2", server=b"https://c2")
    assert it.mark() != before
    with pytest.raises(CredentialsError, match=r"secret s2: has no ca.crt, token\. It needs .* Mend the Secret ops/s2"):
        it.read()
    there[0] = None
    with pytest.raises(CredentialsError, match="c2: its Secret is gone"):
        it.read()


@pytest.mark.parametrize(
    ("given", "mounted", "why"),
    [
        pytest.param(secret(member="c1"), False, "c1 is home", id="home"),
        pytest.param(secret(), False, "", id="flag"),
        pytest.param(secret(), True, "the mounted import", id="flag and mount"),
        pytest.param(secret("c2"), True, "", id="the Secret that is mounted"),
        pytest.param(secret(member="c3"), False, "", id="nothing else"),
    ],
)
def test_what_speaks_for_a_member(tmp_path: Path, given: MemberSecret, mounted: bool, why: str) -> None:
    """Home, and a mount of another Secret for a member of the flags, go before a watched Secret, and that is said."""
    if mounted:
        Mount(tmp_path / "imports" / "c2")
    found = spoken_for(Settings(local="c1", remotes=("c2",), imports=str(tmp_path / "imports")), given)
    assert found.startswith(why) if why else found == ""
