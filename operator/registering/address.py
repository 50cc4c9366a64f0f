"""Where the operator will reach a member, and by which CA it will know it: found, and tried, before a write."""

from pathlib import Path
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import ApiError, CredentialsError, InformerError, TlsError
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import Access
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.request import NO_TOKEN, Request

CONFIG_MAPS: Final = Resource("", "v1", "configmaps", "ConfigMap")
ROOT_CA: Final = "kube-root-ca.crt"
FILE_LIMIT: Final = 1024 * 1024


def authority_of(member: Access, ca_file: str, namespace: str) -> bytes:
    """The CA as PEM: the file's, else the context's, else what pods of that cluster trust; raises CommandError.

    A context may trust the machine's CAs, or nobody; a Secret must say whom.
    """
    if ca_file:
        return read_file(ca_file)
    if member.credentials.ca:
        return member.credentials.ca
    try:
        found = member.find(CONFIG_MAPS, namespace, ROOT_CA) or {}
    except InformerError as error:
        raise member.explain(error, "Nothing was changed") from error
    text = str((found.get("data") or {}).get("ca.crt") or "")
    if not text:
        what = f"{member.name}: the context names no CA, and there is no ConfigMap {namespace}/{ROOT_CA}"
        raise refused(what, "give the CA of its API server with --ca-file", Code.BAD_CREDENTIALS)
    return text.encode()


def read_file(path: str) -> bytes:
    """The content of a small file that was named on the command line; raises CommandError."""
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(FILE_LIMIT)
    except OSError as error:
        text = f"--ca-file {path}: cannot be read: {error.strerror}"
        raise CommandError(ExitCode.USAGE, text, code=Code.BAD_FLAG) from error


def check_form(request: Request) -> Credentials:
    """Refuse, by the operator's own rules, what it would not take from a Secret; raises CommandError."""
    try:
        return request.credentials(NO_TOKEN)
    except CredentialsError as error:
        part = error.where.rpartition("key ")[2]
        flag = {"server": "--server", "ca.crt": "--ca-file"}.get(part, "--server")
        text = f"{request.member}: {part}: {error.problem}. Nothing was changed"
        raise CommandError(
            ExitCode.USAGE, text, hint=f"give another one with {flag}", code=Code.BAD_CREDENTIALS
        ) from error


def try_it(request: Request, form: Credentials, member: Access) -> tuple[str, ...]:
    """Shake hands with the server, as nobody. CommandError when it is another one than the CA vouches for.

    That it is not reached from here is a warning: it is the operator's pods that must reach it.
    """
    nobody = Credentials(server=form.server, source=form.source, join=form.join, ca=form.ca)
    access = Access(request.member, nobody, member.clock, member.deadline)
    try:
        access.client.raw_get("/version", deadline=access.deadline)
    except TlsError as error:
        text = str(error).removeprefix(f"{request.member}: ")
        hint = "give the address that stands in the certificate with --server, or its CA with --ca-file"
        raise refused(f"{request.member}: {text}", hint, Code.TLS_FAILED) from error
    except ApiError:
        return ()  # it answers, and lets nobody in: that is all that was asked
    except InformerError as error:
        return (f"tried from this machine: {error}. It is the operator's pods that must reach it.",)
    finally:
        access.close()
    return ()


def refused(what: str, hint: str, code: Code) -> CommandError:
    """Something that the operator would not accept either."""
    return CommandError(ExitCode.REFUSED, f"{what}. Nothing was changed", hint=hint, code=code)
