import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.packs import shop


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """Northwind sells ScaiDrive and ScaiCRM to Acme and Globex, by themselves and together."""
    await shop(backend)
    return backend
