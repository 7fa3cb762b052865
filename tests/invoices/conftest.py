import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.sellers import sellers_and_buyers


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """The product with Northwind selling, and Acme, Globex and Initech ready to be billed."""
    await sellers_and_buyers(backend)
    return backend
