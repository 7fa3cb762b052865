"""The trip of an invoice through `finalize`: which modules it visits, so that a reader knows where to look."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from scaicontrol.services import invoices
from tests.factories import petra
from tests.factories.invoices import a_draft

HOME = Path(invoices.__file__).parent


@pytest.fixture
def dialect():
    """The way is the same on both databases."""
    return "sqlite"


async def trip_of(work, *rooms: str) -> list[str]:
    """
    Give the modules of the feature that a reader visits who follows `work`, in order.

    What the session or a unit of work calls by itself is not on the way; neither is what happens inside `rooms`, which
    are entered by one door and have a trip of their own.
    """
    found: dict[str, None] = {}

    def module(frame: FrameType | None) -> str | None:
        path = Path(frame.f_code.co_filename) if frame else HOME.parent
        return path.relative_to(HOME).with_suffix("").as_posix() if path.is_relative_to(HOME) else None

    def note(frame: FrameType, event: str, _: Any) -> None:
        here, caller = module(frame), frame.f_back
        if event != "call" or here is None or (found and module(caller) is None):
            return
        while caller is not None:
            if module(caller) in rooms:
                return
            caller = caller.f_back
        found.setdefault(here)

    sys.setprofile(note)
    try:
        await work
    finally:
        sys.setprofile(None)
    return list(found)


async def test_finalizing_visits_the_gate_and_nine_modules_beside_it(backend):
    draft = await a_draft(backend, prepaid_cents=100)
    trip = await trip_of(invoices.finalize(backend, petra, draft.id), "service/gate", "immutability")
    assert sorted(trip) == sorted(
        [
            "service/finalize",
            "service/gate",
            "queries",
            "models",
            "allowances",
            "seal",
            "service/ledger",
            "service/received",
            "service/request_files",
            "service/settle",
        ]
    )


async def test_the_gate_visits_nine_modules(backend):
    draft = await a_draft(backend)
    trip = await trip_of(invoices.check(backend, petra, draft.id))
    assert sorted(trip) == sorted(
        [
            "service/gate",
            "queries",
            "models",
            "parties",
            "service/taxing",
            "service/received",
            "allowances",
            "document_source",
            "page_rendering",
        ]
    )
