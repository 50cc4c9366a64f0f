"""The operators that home's Deployments run: their accounts, and the members that their flags name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import Access, Json
from multicasskop.operator.values import boolean

DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", "Deployment")
OUR_CHART: Final = "app.kubernetes.io/name=multi-casskop"
ACCOUNT: Final = "multicasskop"
"""That of a registration, in the member."""
CHART_ACCOUNT: Final = "multi-casskop"
"""That of the operator in home, where the chart is installed as docs/how-to/install.md does it."""
MEMBER_SECRETS: Final = ("MCK_MEMBER_SECRETS", "--member-secrets")
LOCAL: Final = ("-l", "--local")
REMOTE: Final = ("-r", "--remote")


@dataclass(frozen=True, slots=True)
class Installed:
    """One operator as its Deployment describes it."""

    name: str
    account: str
    local: str
    remotes: tuple[str, ...]
    wanted: int = 0
    ready: int = 0
    member_secrets: bool = False
    """Whether it follows Secrets, and so renews the tokens that `register` writes into them."""


def installed(home: Access, namespace: str) -> tuple[Installed, ...]:
    """The operators of a namespace; none where Deployments may not be listed. Raises InformerError."""
    try:
        found = home.list(DEPLOYMENTS, namespace, labels=OUR_CHART)
    except InformerError as error:
        if is_forbidden(error):
            return ()
        raise
    return tuple(map(installed_of, found))


def installed_of(deployment: Json) -> Installed:
    """Read a Deployment; whatever it lacks is left empty."""
    pod = (deployment.get("spec") or {}).get("template", {}).get("spec") or {}
    containers = [each for each in pod.get("containers") or () if isinstance(each, dict)]
    words = [str(word) for each in containers for key in ("command", "args") for word in each.get(key) or ()]
    local = values(words, LOCAL)
    return Installed(
        name=deployment["metadata"]["name"],
        account=str(pod.get("serviceAccountName") or ""),
        local=local[0] if local else "",
        remotes=values(words, REMOTE),
        wanted=count(deployment.get("spec"), "replicas"),
        ready=count(deployment.get("status"), "readyReplicas"),
        member_secrets=any(map(follows_secrets, containers)),
    )


def follows_secrets(container: Json) -> bool:
    """Whether a container is told to follow members' Secrets, by its variable or its flag; a flag counts more."""
    variable, flag = MEMBER_SECRETS
    texts = [str(each.get("value")) for each in container.get("env") or () if each.get("name") == variable]
    for word in map(str, (*(container.get("command") or ()), *(container.get("args") or ()))):
        texts += ["true"] if word == flag else [word.partition("=")[2]] if word.startswith(f"{flag}=") else []
    try:
        return bool(texts) and boolean(texts[-1])
    except ValueError:
        return False


def count(part: object, name: str) -> int:
    """A number of a Deployment; 0 where it is none."""
    found = part.get(name) if isinstance(part, dict) else 0
    return found if isinstance(found, int) else 0


def values(words: Sequence[str], flags: Sequence[str]) -> tuple[str, ...]:
    """What a flag was given, each time: `-r NAME`, `-rNAME`, `--remote NAME`, `--remote=NAME`; by commas several."""
    found = [name for text in _texts(words, flags) for name in text.split(",") if name]
    return tuple(dict.fromkeys(found))


def _texts(words: Sequence[str], flags: Sequence[str]) -> Iterator[str]:
    short, long = flags
    for word, following in zip(words, [*words, ""][1:], strict=True):
        if word in flags:
            yield following
        elif word.startswith(f"{long}="):
            yield word.removeprefix(f"{long}=")
        elif word.startswith(short) and not word.startswith("--"):
            yield word.removeprefix(short)


def account_in(found: Sequence[Installed]) -> str:
    """The account of the one operator that is there; else that of the chart, which may be installed later."""
    accounts = {each.account for each in found if each.account}
    return accounts.pop() if len(accounts) == 1 else CHART_ACCOUNT
