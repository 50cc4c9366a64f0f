"""What the tests of commands and of the doctor share."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fakes.home import HomeCluster, home_cluster


@pytest.fixture
def home(tmp_path: Path, quiet_logs: None) -> Iterator[HomeCluster]:
    """A home cluster."""
    with home_cluster(tmp_path) as found:
        yield found


@pytest.fixture
def quiet_logs() -> Iterator[None]:
    """Logging is afterwards as it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
