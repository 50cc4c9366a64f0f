"""The version of this program, from the installed distribution."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """The distribution's version; `unknown` when it runs without being installed."""
    try:
        return installed("multicasskop")
    except PackageNotFoundError:
        return "unknown"
