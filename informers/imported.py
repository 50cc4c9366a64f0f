"""Credentials that came in a Secret, be it mounted as a folder or read: everything by value, and held to rules.

Whoever may write the Secret is trusted to say where a member is and who we are there, and with nothing else: no file is
opened, no program started, nobody spoken to on the way, and no address of our own machine taken for a member.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from multicasskop.informers import claims, kubeconfig, tokens
from multicasskop.informers.addresses import why_local
from multicasskop.informers.credentials import (
    LOCAL_HINT,
    Credentials,
    Files,
    certificates_in,
    first_end,
    is_there,
    of_service_account,
    read_file,
    server_of,
    static_token,
)
from multicasskop.informers.errors import CredentialsError

KUBECONFIG_KEYS = ("kubeconfig", "config", "value")
IMPORTED = ("ca.crt", "token", "server")
KEYS = (*KUBECONFIG_KEYS, *IMPORTED, "namespace")
VALUE_LIMIT = 128 * 1024


def from_directory(path: str | Path, *, local: bool = False) -> Credentials:
    """Return those of a mounted service-account import: a file `config`, or `ca.crt`, `token` and `server`.

    Held to the same rules as a Secret that is read, `local` too. A `token` file is read again when it changes.
    CredentialsError names the file that is missing or cannot be used.
    """
    directory = Path(path)
    if is_there(directory / "config"):
        return _confined(_by_value(read_file(directory / "config"), str(directory / "config")), local=local)
    missing = [name for name in IMPORTED if not is_there(directory / name)]
    if len(missing) == len(IMPORTED):
        raise CredentialsError(str(directory), "is empty: there is no such Secret, or it has none of our keys")
    if missing:
        raise CredentialsError(str(directory), f"has no {', '.join(missing)}: the Secret lacks that")
    server = read_file(directory / "server").decode(errors="replace").strip()
    found = of_service_account(directory, _only_https(server, str(directory / "server")), str(directory))
    return _confined(found, local=local)


def from_secret(name: str, data: Mapping[str, str | bytes], *, local: bool = False) -> Credentials:
    """Return those in a Secret: `kubeconfig`, `config` or `value`, or else `ca.crt`, `token` and `server`.

    `data` is the Secret's own: base64 as text, as the API server sends it, or bytes that have been decoded already.
    Addresses of this machine and its link are taken only when they may be `local`. CredentialsError when something is
    missing, or is not allowed in a Secret.
    """
    where = f"secret {name}"
    values = {key: _value(data[key], f"{where} key {key}") for key in KEYS if key in data}
    config = next((key for key in KUBECONFIG_KEYS if key in values), "")
    found = _by_value(values[config], f"{where} key {config}") if config else _of_parts(values, where)
    return _confined(found, local=local)


def _of_parts(values: Mapping[str, bytes], where: str) -> Credentials:
    missing = [key for key in IMPORTED if not values.get(key, b"").strip()]
    if missing:
        hint = f"It needs one of {', '.join(KUBECONFIG_KEYS)}, or ca.crt, token and server."
        raise CredentialsError(where, f"has no {', '.join(missing)}", hint)
    token = tokens.clean(values["token"].decode(errors="replace"), f"{where} key token")
    return Credentials(
        server=_only_https(values["server"].decode(errors="replace").strip(), f"{where} key server"),
        source=where,
        join=" key ",
        ca=certificates_in(values["ca.crt"], f"{where} key ca.crt"),
        token=token,
        namespace=values.get("namespace", b"").decode(errors="replace").strip(),
        expires=claims.expiry(token),
    )


def _by_value(text: bytes, where: str) -> Credentials:
    """Return those of a kubeconfig that refers to nothing outside of itself."""
    entry = kubeconfig.resolve((kubeconfig.parse(text, where),), "", where)
    kubeconfig.refuse_untrusted(entry)
    files, token = Files(entry.where, {**entry.cluster, **entry.user}, Path()), static_token(entry)
    certificate = files.bytes("client-certificate")
    found = Credentials(
        server=_only_https(server_of(entry), entry.where),
        source=entry.where,
        ca=files.bytes("certificate-authority"),
        certificate=certificate,
        key=files.bytes("client-key"),
        token=token,
        namespace=entry.namespace,
        expires=first_end(token, certificate),
    )
    if not found.ca or found.kind == "nothing":
        missing = "certificate-authority-data" if not found.ca else "token or client certificate"
        raise CredentialsError(entry.where, f"has no {missing}", "Without it nobody would know who speaks to whom.")
    certificates_in(found.ca, f"{entry.where}: certificate-authority-data")
    return found


def _confined(found: Credentials, *, local: bool) -> Credentials:
    """Return them so that they lead to no address of this machine or its link; a name is judged at each connection."""
    if local:
        return found
    why = why_local(urlsplit(found.server).hostname or "")
    if why:
        raise CredentialsError(found.place("server"), f"{found.server} is {why}", LOCAL_HINT)
    return replace(found, confined=True)


def _only_https(server: str, where: str) -> str:
    if not server.startswith("https://"):
        raise CredentialsError(where, "the server is not an https:// address", "Tokens are not sent unencrypted.")
    return server


def _value(value: str | bytes, where: str) -> bytes:
    if len(value) > VALUE_LIMIT:
        raise CredentialsError(where, f"is longer than {VALUE_LIMIT} bytes", "Put in the credentials alone.")
    return value if isinstance(value, bytes) else kubeconfig.decode(value, where)
