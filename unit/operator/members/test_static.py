"""Where the credentials of members are looked for, and in which order."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.certificates import Authority
from multicasskop.informers.errors import CredentialsError
from multicasskop.operator.members.static import Found, SecretContent, home_credentials, member_credentials
from multicasskop.operator.settings import Settings

CA = Authority().pem.decode()
TOKEN = "c4n4ry-5e1f"  # noqa: S105 - looked for where it must not be
POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def encoded(text: str) -> str:
    """As in a Secret's data."""
    return base64.b64encode(text.encode()).decode()


def write_kubeconfig(path: Path, *contexts: str) -> str:
    """A kubeconfig with these contexts, the first one current, each at a server of its own name."""
    ca, user = encoded(CA), {"token": TOKEN}
    content: dict[str, Any] = {
        "current-context": contexts[0],
        "clusters": [
            {"name": name, "cluster": {"server": f"https://{name}", "certificate-authority-data": ca}}
            for name in contexts
        ],
        "users": [{"name": name, "user": user} for name in contexts],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in contexts],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


def write_import(folder: Path, server: str) -> None:
    """A mounted service-account import."""
    folder.mkdir(parents=True)
    for name, content in {"ca.crt": CA, "token": TOKEN, "server": server}.items():
        (folder / name).write_text(content)


def no_secret(name: str) -> None:
    """Home has no Secret of any name."""


def a_secret(name: str) -> SecretContent:
    """Home has a Secret of every name."""
    data = {"ca.crt": encoded(CA), "token": encoded(TOKEN), "server": encoded(f"https://secret-{name}")}
    return SecretContent(name, data)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param({}, "https://c1", id="context-of-home's-name"),
        pytest.param({"context": "c2"}, "https://c2", id="context-by-flag"),
    ],
)
def test_home_from_a_kubeconfig(tmp_path: Path, flags: dict[str, Any], expected: str) -> None:
    """In a kubeconfig that was given the flag's context counts, else the one of home's name; also in a pod."""
    path = write_kubeconfig(tmp_path / "config", "first", "c1", "c2")
    found = home_credentials(replace(Settings(local="c1", kubeconfig=path), **flags), POD)
    assert (found.credentials.server, found.via) == (expected, "kubeconfig")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        pytest.param({"context": "nowhere"}, "nowhere", id="context-missing"),
        pytest.param({"local": "elsewhere"}, "elsewhere", id="current-context-is-no-guess"),
        pytest.param({"kubeconfig": "/nonexistent/config"}, "/nonexistent/config", id="file-missing"),
    ],
)
def test_home_that_cannot_be_read(tmp_path: Path, flags: dict[str, Any], says: str) -> None:
    """What is missing is named, with where it was looked for."""
    path = write_kubeconfig(tmp_path / "config", "first", "c1")
    with pytest.raises(CredentialsError, match=says):
        home_credentials(replace(Settings(local="c1", kubeconfig=path), **flags), {})


def test_home_is_the_only_context_whatever_its_name(tmp_path: Path) -> None:
    """A kubeconfig with one context is home's, also under another name."""
    path = write_kubeconfig(tmp_path / "config", "kind-anything")
    found = home_credentials(Settings(local="c1", kubeconfig=path), {})
    assert found.credentials.server == "https://kind-anything"


def test_home_in_a_pod_is_its_own_service_account() -> None:
    """In a pod without a kubeconfig home is reached by the pod's service account, whose absence is an error."""
    with pytest.raises(CredentialsError, match="serviceaccount"):
        home_credentials(Settings(local="c1"), POD)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a folder for imports and a kubeconfig that knows c2 and c3."""
    path = write_kubeconfig(tmp_path / "config", "c2", "c3")
    return Settings(local="c1", remotes=("c2", "c3", "c4"), kubeconfig=path, imports=str(tmp_path / "imports"))


def find(settings: Settings, name: str, secret: Any = no_secret) -> Found:  # noqa: ANN401
    """The credentials of a member."""
    return member_credentials(name, settings, {}, secret)


def test_import_comes_first(settings: Settings) -> None:
    """A mounted import counts more than a Secret and a context."""
    write_import(Path(settings.imports) / "c2", "https://imported")
    found = find(settings, "c2", a_secret)
    assert (found.credentials.server, found.via) == ("https://imported", "import")


def test_secret_comes_second(settings: Settings) -> None:
    """A Secret of the member's name counts more than a context."""
    found = find(settings, "c2", a_secret)
    assert (found.credentials.server, found.via) == ("https://secret-c2", "secret")


def test_context_comes_third(settings: Settings) -> None:
    """A kubeconfig's context of the member's name is taken last."""
    found = find(settings, "c3")
    assert (found.credentials.server, found.via) == ("https://c3", "kubeconfig")


def test_nothing_found_names_all_places(settings: Settings) -> None:
    """A member without credentials is told where they were looked for, and what to do."""
    with pytest.raises(CredentialsError) as raised:
        find(settings, "c4")
    for place in (f"{settings.imports}/c4", "Secret c4", f"context c4 in {settings.kubeconfig}", "found by itself"):
        assert place in str(raised.value)


def test_what_is_there_but_broken_is_not_passed_over(settings: Settings) -> None:
    """An import that cannot be used is an error although a Secret and a context are there."""
    (Path(settings.imports) / "c2").mkdir(parents=True)
    with pytest.raises(CredentialsError, match="c2: is empty"):
        find(settings, "c2", a_secret)


def test_a_current_context_is_never_taken_for_another_member(settings: Settings) -> None:
    """Only home may be the current context."""
    with pytest.raises(CredentialsError, match="no credentials"):
        find(settings, "c4")


def test_found_credentials_print_without_secrets(settings: Settings) -> None:
    """What was found prints without the token."""
    assert TOKEN not in repr(find(settings, "c2"))
    assert TOKEN not in repr(find(settings, "c2", a_secret))
