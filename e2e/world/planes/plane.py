"""One member's control plane: where its files are and on which ports it listens."""

from pathlib import Path

import msgspec
from multicasskop.world.errors import WorldError

LOGS = "logs"


class Plane(msgspec.Struct, frozen=True):
    """The fixed facts of one plane; its processes are kept elsewhere, they come and go."""

    member: str
    directory: str
    etcd_port: int
    api_port: int
    relay_port: int

    @property
    def root(self) -> Path:
        """The folder that holds everything of this plane."""
        return Path(self.directory)

    @property
    def server(self) -> str:
        """The API server itself: for the world's own clients, which no fault may reach."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def relayed_server(self) -> str:
        """The API server behind the relay, where a network fails: for users and for what is under test."""
        return f"https://127.0.0.1:{self.relay_port}"

    @property
    def certificates(self) -> Path:
        """Where the API server keeps the certificate that it makes for itself."""
        return self.root / "certificates"

    @property
    def authority(self) -> Path:
        """The certificates against which the API server is verified."""
        return self.certificates / "apiserver.crt"

    @property
    def audit_log(self) -> Path:
        """One JSON document per finished request, level Metadata."""
        return self.root / "audit.log"

    def log(self, process: str) -> Path:
        """The log of one of the plane's processes."""
        return self.root / LOGS / f"{process}.log"

    def authority_pem(self) -> str:
        """The text of the authority; raises WorldError before the API server has made it."""
        if not self.authority.exists():
            raise WorldError(f"{self.member}: {self.authority} is not there: the API server never started")
        return self.authority.read_text()
