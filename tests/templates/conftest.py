from collections.abc import Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from scaicontrol.core.ports import Ports
from scaicontrol.integrations.renderer import ProcessRenderer
from tests.factories.ports import memory_ports
from tests.factories.tenants import store_cast


@pytest.fixture(scope="session")
def renderer() -> Iterator[ProcessRenderer]:
    """What goes live is judged by the PDF that a reader gets, so this one is real."""
    real = ProcessRenderer(processes=1)
    yield real
    real.close()


@pytest.fixture
def ports(renderer: ProcessRenderer) -> Ports:
    return replace(memory_ports(), renderer=renderer)


@pytest_asyncio.fixture
async def backend(backend: Backend) -> Backend:
    """The product with Northwind and Southbay selling, and Acme, Globex and Initech ready to be billed."""
    await store_cast(backend)
    return backend
