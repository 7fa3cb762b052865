from dataclasses import replace

import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from scaicontrol.core.ports import Ports
from tests.factories.documents import RealPages
from tests.factories.tenants import store_cast


@pytest.fixture
def with_pages() -> bool:
    """Whether PDFs are real; most claims about the books need none."""
    return False


@pytest.fixture
def ports(ports: Ports, with_pages: bool) -> Ports:
    return replace(ports, renderer=RealPages()) if with_pages else ports


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """The product with Northwind selling, and Acme, Globex and Initech ready to be billed."""
    await store_cast(backend)
    return backend
