"""What a member is reached with: address, CA, and who we are."""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from multicasskop.informers import claims, helpers, kubeconfig, tokens
from multicasskop.informers.addresses import why_local
from multicasskop.informers.certificates import not_after
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.tokens import TokenCache, nothing

IN_CLUSTER_DIRECTORY = Path("/var/run/secrets/kubernetes.io/serviceaccount")
CERTIFICATE_LIMIT = 1024 * 1024
CHECK_MOUNT = "Check the mount and its rights."
LOCAL_HINT = "Name the address at which others reach the member; --allow-local-servers is for tests on one machine."


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Credentials:
    """One member's address and how to be let in there. Prints without its secrets; compares by what it holds.

    `source` says where it came from, `join` how the name of a part is put behind that. Certificates and keys are PEM.
    `ca` empty means: the machine's own CAs, which only a trusted kubeconfig may ask for. `tokens` takes the place of
    `token` when the token changes; `stamp` then tells tokens apart. `expires` is when the token or the client
    certificate says that it ends, and `remedy` what a person can do when the member does not accept all this. With
    `confined` they lead to no address of our own machine or its link, whatever name it has.
    """

    server: str
    source: str
    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    token: str = ""
    tokens: "TokenCache | None" = field(default=None, compare=False)
    insecure: bool = False
    confined: bool = False
    server_name: str = ""
    namespace: str = ""
    join: str = ""
    stamp: str = ""
    expires: datetime | None = None
    remedy: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that cannot be one; CredentialsError."""
        _check_server(self.server, self.source)

    def __repr__(self) -> str:
        """Say what kind of credentials these are, and no secret."""
        return f"Credentials(server={self.server!r}, source={self.source!r}, by={self.kind!r})"

    @property
    def kind(self) -> str:
        """How we are let in: `token`, `client certificate` or `nothing`."""
        if self.token or self.tokens:
            return "token"
        return "client certificate" if self.certificate else "nothing"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is unsafe here, to be said at each start."""
        plain = ("the connection is not encrypted (http)",) if self.server.startswith("http:") else ()
        return plain + (("the server's certificate is not verified",) if self.insecure else ())

    def place(self, part: str) -> str:
        """Where a part of it is, as people find it: `…/c2/token`, `secret c2 key token`, `kubeconfig … context c2`."""
        return f"{self.source}{self.join}{part}" if self.join else self.source

    def refused(self, token: str | None, now: datetime) -> str:
        """Say of a refusal what the server cannot know: which credentials they were, and that they have ended."""
        if token is None:
            return self._advised(f"the {self.kind} of {self.source} is not accepted" if self.certificate else "")
        end = claims.expiry(token)
        ended = f"expired at {end:%Y-%m-%dT%H:%M:%SZ}" if end and end <= now else "is not accepted"
        return self._advised(f"{self.place('token')}: the token {ended}")

    def check_peer(self, address: str) -> None:
        """Return when a connection may be made to this address; CredentialsError before a byte is sent there."""
        why = why_local(address) if self.confined else ""
        if why:
            raise CredentialsError(self.place("server"), f"{self.server} leads to {address}, {why}", LOCAL_HINT)

    def distrust(self) -> str:
        """Say what the server's certificate was verified with."""
        return self._advised(f"verified with {self.place('ca.crt')}" if self.ca else "verified with the machine's CAs")

    def _advised(self, text: str) -> str:
        return f"{text}. {self.remedy}" if text and self.remedy else text

    def bearer(self, clock: Clock, limit: Deadline | None = None, check: Callable[[], object] = nothing) -> str | None:
        """Return the token for a request that begins now, or None; CredentialsError when it cannot be obtained in time.

        Whoever waits for it calls `check` before, and whenever it is woken.
        """
        return self.tokens.get(clock, limit, check) if self.tokens else self.token or None

    def drop_tokens(self, began: float) -> None:
        """Forget a token that was obtained before `began` (monotonic): the server did not accept it."""
        if self.tokens:
            self.tokens.drop(began)


def from_kubeconfig(path: str | Path, context: str = "") -> Credentials:
    """Return what a trusted kubeconfig says: its context of that name, or its current one.

    `path` may be several files in the form of KUBECONFIG. Files that it refers to are read; helper programs are
    started when a token is first needed. CredentialsError says what is missing, and what there is instead.
    """
    entry = kubeconfig.resolve(kubeconfig.read(str(path)), context, f"kubeconfig {path}")
    cluster, user = entry.cluster, entry.user
    cluster_file = Files(entry.where, cluster, entry.cluster_directory)
    user_file = Files(entry.where, user, entry.user_directory)
    return Credentials(
        server=server_of(entry),
        source=entry.where,
        ca=cluster_file.bytes("certificate-authority"),
        certificate=user_file.bytes("client-certificate"),
        key=user_file.bytes("client-key"),
        token=static_token(entry),
        tokens=_changing_token(entry),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
        server_name=str(cluster.get("tls-server-name") or ""),
        namespace=entry.namespace,
        stamp=sha256(repr(entry.user).encode()).hexdigest(),
        expires=first_end(static_token(entry), user_file.bytes("client-certificate")),
    )


def in_cluster(environ: Mapping[str, str] | None = None, directory: Path = IN_CLUSTER_DIRECTORY) -> Credentials:
    """Return those of the pod's own service account; CredentialsError outside of a pod."""
    variables = os.environ if environ is None else environ
    host, port = variables.get("KUBERNETES_SERVICE_HOST"), variables.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise CredentialsError("in-cluster", "this is not a pod: KUBERNETES_SERVICE_HOST and _PORT are not set")
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    return of_service_account(directory, server, "in-cluster")


def of_service_account(directory: Path, server: str, source: str) -> Credentials:
    """Return credentials over the three files that Kubernetes mounts, with the token read again as it is renewed."""
    token = directory / "token"
    namespace = directory / "namespace"
    now = tokens.from_file(token).value  # so that a missing one shows at once, and not at the first request
    return Credentials(
        server=server,
        source=source,
        join="/",
        ca=certificates_in(read_file(directory / "ca.crt"), str(directory / "ca.crt")),
        tokens=tokens.TokenCache(lambda _: tokens.from_file(token), str(token)),
        namespace=read_file(namespace).decode(errors="replace").strip() if namespace.exists() else "",
        stamp=sha256(now.encode()).hexdigest(),
        expires=claims.expiry(now),
    )


def first_end(token: str, certificate: bytes) -> datetime | None:
    """Return when the first of the two ends, as far as they say so."""
    ends = (claims.expiry(token), not_after(certificate))
    return min((end for end in ends if end is not None), default=None)


def certificates_in(content: bytes, where: str) -> bytes:
    """Return CA certificates as they are; CredentialsError, at once and with the name of the place, when not usable."""
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise CredentialsError(where, "holds no certificate", "It is the API server's CA, beginning with BEGIN.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=content.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise CredentialsError(where, "holds a certificate that is damaged") from None
    return content


@dataclass(frozen=True, slots=True)
class Files:
    """Fields that hold bytes either by value (`<name>-data`, base64) or as a path (`<name>`)."""

    where: str
    fields: Mapping[str, Any]
    directory: Path

    def bytes(self, name: str) -> bytes:
        """Return the content, or nothing when the field is given in neither form; CredentialsError."""
        if f"{name}-data" in self.fields:
            return kubeconfig.decode(self.fields[f"{name}-data"], f"{self.where}: {name}-data")
        return read_file(self.directory / str(self.fields[name])) if name in self.fields else b""


def static_token(entry: kubeconfig.Context) -> str:
    """Return the token that stands in a context; empty when it stands elsewhere, or there is none."""
    if "token" not in entry.user or "tokenFile" in entry.user:
        return ""
    return tokens.clean(str(entry.user["token"]), entry.where)


def _changing_token(entry: kubeconfig.Context) -> TokenCache | None:
    match entry.user:
        case {"tokenFile": name}:
            path = entry.user_directory / str(name)
            return TokenCache(lambda _: tokens.from_file(path), entry.where)
        case {"exec": dict(command)}:
            where = f"{entry.where} exec {command.get('command')}"
            return TokenCache(lambda now: helpers.plugin_token(entry, command, where, now), where, slow=True)
        case {"auth-provider": dict(provider)}:
            where = f"{entry.where} auth-provider {provider.get('name')}"
            return TokenCache(lambda now: helpers.provider_token(provider, where, now), where, slow=True)
    return None


def server_of(entry: kubeconfig.Context) -> str:
    """Return the address in a context; CredentialsError when there is none."""
    if "server" not in entry.cluster:
        raise CredentialsError(entry.where, "its cluster has no server", "Write server: https://HOST:PORT.")
    return str(entry.cluster["server"]).strip()


def _check_server(server: str, where: str) -> None:
    parts = _split(server)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CredentialsError(where, "the server is not an address like https://HOST:PORT")
    if parts.username is not None or parts.query or parts.fragment:
        raise CredentialsError(where, "the server's address holds more than host, port and path")


def _split(server: str) -> SplitResult | None:
    """Return the parts of an address, or None when it has no valid ones."""
    try:
        parts = urlsplit(server)
        _ = parts.port
    except ValueError:
        return None
    return parts if server.isascii() and server.isprintable() and " " not in server else None


def is_there(path: Path) -> bool:
    """Whether there is such a file; CredentialsError when that cannot even be looked at."""
    try:
        return path.exists()
    except OSError as error:
        raise CredentialsError(str(path), f"cannot be read: {error.strerror}", CHECK_MOUNT) from error


def read_file(path: Path) -> bytes:
    """Read a small file; CredentialsError when it cannot be read or is empty."""
    try:
        with path.open("rb") as file:
            content = file.read(CERTIFICATE_LIMIT)
    except OSError as error:
        raise CredentialsError(str(path), f"cannot be read: {error.strerror}", CHECK_MOUNT) from error
    if not content.strip():
        raise CredentialsError(str(path), "is empty")
    return content
