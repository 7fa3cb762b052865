from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.integrations.renderer import ProcessRenderer
from tests.factories.payments import faulty_sandbox
from tests.factories.subscriptions import market


@pytest.fixture(scope="session")
def renderer() -> Iterator[ProcessRenderer]:
    """What goes live is judged by the PDF that a reader gets, so this one is real."""
    real = ProcessRenderer(processes=1)
    yield real
    real.close()


@pytest_asyncio.fixture
async def shop(backend: Backend, clock: FrozenClock, renderer: ProcessRenderer) -> Backend:
    """
    The shop is open, and Northwind takes payments through the sandbox.

    The clock stands between two whole seconds, as clocks do: what was reckoned from a moment is told by its fraction.
    """
    clock.advance(timedelta(microseconds=777))
    backend.ports = replace(backend.ports, renderer=renderer)
    await market(backend, payment_providers=["sandbox"])
    faulty_sandbox(backend)
    return backend
