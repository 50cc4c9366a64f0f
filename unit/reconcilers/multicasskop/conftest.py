"""What stories about traces share."""

import pytest
from fakes.spans import Film


@pytest.fixture
def film() -> Film:
    """Nothing sent yet."""
    return Film()
