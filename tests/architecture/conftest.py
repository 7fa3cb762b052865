"""What tests about the tree share."""

from collections.abc import Iterator

import pytest

from tests.architecture import sources


@pytest.fixture(autouse=True, scope="package")
def _read_once() -> Iterator[None]:
    """Forget the trees when the last test about them is over: they are half a million objects."""
    yield
    for each in (sources.files, sources.parsed, sources.nodes):
        each.cache_clear()
