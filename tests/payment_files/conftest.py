import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.subscriptions import market


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    await market(backend)
    return backend
