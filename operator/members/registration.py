"""Bringing members in at start: credentials found, clusters made and engaged, and what is said when that fails."""

from collections.abc import Callable

import structlog
from multicasskop.crds.codes import Code
from multicasskop.crds.names import GROUP, MULTICASSKOP_PLURAL, STORAGE_VERSION
from multicasskop.informers.client import Client
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    ApiError,
    CredentialsError,
    InformerError,
    TlsError,
    is_forbidden,
    is_kind_not_served,
    is_not_found,
    is_unauthorized,
    is_unreachable,
)
from multicasskop.informers.resource import Resource
from multicasskop.operator.members.static import SecretContent, SecretReader
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

log = structlog.get_logger("members")
SECRETS = Resource("", "v1", "secrets", "Secret")
SERVED = f"/apis/{GROUP}/{STORAGE_VERSION}"
UNDONE = ". Nothing was started."


def secret_reader(client: Client, namespace: str, deadline: Callable[[], Deadline]) -> SecretReader:
    """How a member's Secret is read in home; one that may not be read is as good as absent, and said so."""

    def read(name: str) -> SecretContent | None:
        """The Secret's content, None without such a Secret or the right to it; else CredentialsError."""
        try:
            secret = client.get(SECRETS, namespace, name, deadline=deadline())
        except ApiError as error:
            if not (is_not_found(error) or is_forbidden(error)):
                raise CredentialsError(f"secret {namespace}/{name}", str(error)) from error
            log.debug("no such secret", place=f"{namespace}/{name}", error=error.message)
            return None
        except InformerError as error:
            raise CredentialsError(f"secret {namespace}/{name}", str(error)) from error
        return SecretContent(name, secret.get("data") or {})

    return read


def check_kind(client: Client, member: str, deadline: Deadline) -> None:
    """Raise CommandError unless home answers and serves our MultiCasskop, with status as a sub-resource.

    Discovery is asked, since everybody may; the definition itself only administrators may read.
    """
    try:
        served = client.raw_get(SERVED, deadline=deadline)
    except InformerError as error:
        if is_kind_not_served(error) or is_not_found(error):
            served = {}
        else:
            raise unreachable(member, error) from error
    names = {item.get("name") for item in served.get("resources") or ()}
    if MULTICASSKOP_PLURAL not in names:
        raise CommandError(
            ExitCode.REFUSED,
            f"{member}: {MULTICASSKOP_PLURAL}.{GROUP}/{STORAGE_VERSION} is not installed. Nothing was started.",
            hint="kubectl create -f the definitions of this release",
            code=Code.OLD_CRD,
        )
    if f"{MULTICASSKOP_PLURAL}/status" not in names:
        raise CommandError(
            ExitCode.REFUSED,
            f"{member}: the custom resource {MULTICASSKOP_PLURAL}.{GROUP} has no status sub-resource: it is the Go"
            " operator's, and Helm does not replace it. Nothing was started.",
            hint="kubectl replace -f the definitions of this release (objects stay)",
            code=Code.OLD_CRD,
        )


def unreachable(member: str, error: InformerError, undone: str = UNDONE) -> CommandError:
    """Why home cannot be used, as one line with what to do."""
    match error:
        case CredentialsError():
            return unreadable(error, undone)
        case TlsError():
            code, hint = Code.TLS_FAILED, "check the server's address and its CA"
        case _ if is_unauthorized(error):
            code, hint = Code.UNAUTHORIZED, "renew the credentials"
        case _ if is_forbidden(error):
            code, hint = Code.FORBIDDEN, "grant the operator's role"
        case _ if is_unreachable(error):
            code, hint = Code.UNREACHABLE, "check address, network and that the API server runs"
        case _:
            code, hint = Code.UNREACHABLE, "look at the API server's log"
    text = str(error).removeprefix(f"{member}: ")
    return CommandError(ExitCode.HOME, f"{member} (home): {text}{undone}", hint=hint, code=code)


def unreadable(error: CredentialsError, undone: str = UNDONE) -> CommandError:
    """Why home's credentials cannot be used, as one line."""
    mounted = error.where == "in-cluster" or "serviceaccount" in error.where
    code = Code.BAD_CREDENTIALS if mounted else Code.BAD_KUBECONFIG
    # some hints say what there is, which belongs to the problem, others what to do
    facts = f" ({error.hint[0].lower()}{error.hint[1:].rstrip('.')})" if error.hint.startswith("It has") else ""
    elsewhere = "multicasskop run --help" if undone else "kubectl config get-contexts"
    hint = elsewhere if facts or not error.hint else error.hint.rstrip(".")
    text = f"{error.where}: {error.problem}{facts}{undone}"
    return CommandError(ExitCode.HOME, text, hint=hint, code=code)


def unreachable_now(cluster: Cluster) -> CommandError:
    """Why a cluster that is watched does not answer, as far as it is known by now."""
    found = cluster.reachability
    text = f"{cluster.name}: {found.message or 'no answer yet'}"
    return CommandError(ExitCode.HOME, text, hint="check address, network and rights", code=Code.UNREACHABLE)
