import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.subscriptions import market


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """The shop is open; money reaches Northwind by its bank."""
    await market(backend)
    return backend
