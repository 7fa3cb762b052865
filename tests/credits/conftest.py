import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from tests.factories.payments import FaultySandbox, faulty_sandbox, store_card
from tests.factories.subscriptions import market


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """Northwind takes cards through the sandbox, and Acme has stored one."""
    await market(backend, payment_providers=["sandbox"])
    faulty_sandbox(backend)
    await store_card(backend)
    return backend


@pytest.fixture
def provider(backend: Backend) -> FaultySandbox:
    found = backend.ports.payment_providers["sandbox"]
    assert isinstance(found, FaultySandbox)
    return found
