import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.payments import MoodySandbox, moody_sandbox
from tests.factories.subscriptions import market


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """The shop is open, and Northwind takes payments through the sandbox."""
    await market(backend, payment_providers=["sandbox"])
    moody_sandbox(backend)
    return backend


@pytest.fixture
def provider(backend: Backend) -> MoodySandbox:
    found = backend.ports.payment_providers["sandbox"]
    assert isinstance(found, MoodySandbox)
    return found
