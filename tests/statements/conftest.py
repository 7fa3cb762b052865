import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.tenants import store_cast


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """The product with Northwind selling, and Acme, Globex and Initech ready to be billed."""
    await store_cast(backend)
    return backend
