"""What the tests of commands share."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fakes.home import HomeCluster, home_cluster


@pytest.fixture
def home(tmp_path: Path) -> Iterator[HomeCluster]:
    """A home cluster; logging is afterwards as it was found."""
    handlers, level = logging.root.handlers[:], logging.root.level
    with home_cluster(tmp_path) as found:
        yield found
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
