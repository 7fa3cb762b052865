"""A draft that the gate refuses inside a run is shown with its reasons, counted, and tried again on request."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from scaicontrol.core.errors import Refused
from scaicontrol.services import billing, invoices
from scaicontrol.services.billing.models import QuarantineItem
from scaicontrol.services.billing.schemas import QuarantineOut, RunOut
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.invoices.models import InvoiceLine
from tasks import relay
from tests.factories import ACME, NORTHWIND, ada, gina, petra
from tests.factories.subscriptions import subscribed

from .test_runs import applied, change, planned, rows

UNSEEN = "Pro\u200b"


@pytest.fixture
async def run(backend, clock):
    """Give an applied run over a plan whose name was stored with a character that nobody sees."""
    await subscribed(backend)
    await subscribed(backend, "scaidrive.team", actor=gina)
    await change(backend, update(Plan).where(Plan.slug == "pro").values(name=UNSEEN))
    return await applied(backend, await planned(backend, clock))


async def only(backend, *conditions):
    (item,) = await rows(backend, QuarantineItem, *conditions)
    return item


async def mended(backend) -> None:
    await change(backend, update(InvoiceLine).where(InvoiceLine.tenant_id == ACME).values(description="Pro"))


async def now(backend, run):
    return await backend.ask(petra, billing.get_run, run.id)


async def test_a_draft_the_gate_refuses_waits_with_every_reason_and_the_run_counts_it(backend, run):
    assert (run.status, run.left_as_drafts) == ("partially_applied", 1)
    assert RunOut.model_validate(run).left_as_drafts == 1
    item = await only(backend)
    shown = QuarantineOut.model_validate(item)
    assert (shown.tenant_id, shown.run_id, shown.charge_kind) == (ACME, run.id, "draft")
    assert (shown.reason_code, shown.reasons[0].field) == ("missing_glyph", "lines[1].description")
    assert "U+200B (ZERO WIDTH SPACE), which nobody would see in the PDF" in shown.detail
    draft = await backend.ask(petra, invoices.get, shown.invoice_id)
    assert (draft.status, draft.number) == ("draft", None)


async def test_a_retry_finalises_what_was_mended_and_the_run_is_applied(backend, run):
    item = await only(backend)
    await mended(backend)
    done = await backend.perform(petra, billing.resolve, item.id, "retry", "The name is right now.")
    assert done.resolution == "retry"
    await relay.react(backend)
    assert (await backend.ask(petra, invoices.get, item.subject_id)).status == "finalized"
    after = await now(backend, run)
    assert (after.status, after.left_as_drafts) == ("applied", 0)
    assert await rows(backend, QuarantineItem, QuarantineItem.resolved_at.is_(None)) == []


async def test_what_is_refused_again_waits_again(backend, run):
    item = await only(backend)
    await backend.perform(petra, billing.resolve, item.id, "retry", "Try.")
    await relay.react(backend)
    again = await only(backend, QuarantineItem.resolved_at.is_(None))
    assert (again.subject_id, again.reason_code) == (item.subject_id, "missing_glyph")
    after = await now(backend, run)
    assert (after.status, after.left_as_drafts) == ("partially_applied", 1)


async def test_applying_the_run_again_tries_its_drafts_again(backend, run):
    await mended(backend)
    again = await applied(backend, run)
    assert (again.status, again.left_as_drafts) == ("applied", 0)
    item = await only(backend)
    assert (item.resolution, item.resolution_reason) == ("retry", "The draft became finalized.")


@pytest.mark.parametrize(("verb", "resolution"), [("finalize", "retry"), ("delete", "manual")])
async def test_a_draft_that_somebody_dealt_with_by_hand_waits_no_longer(backend, run, verb, resolution):
    item = await only(backend)
    await mended(backend)
    if verb == "finalize":
        await invoices.finalize(backend, petra, item.subject_id)
    else:
        await backend.perform(petra, invoices.delete, item.subject_id)
    await relay.react(backend)
    assert (await only(backend)).resolution == resolution
    assert (await now(backend, run)).status == "applied"


async def test_a_draft_left_behind_is_never_waived_but_a_person_may_take_it_over(backend, run):
    item = await only(backend)
    with pytest.raises(Refused, match=f"its charges stand on draft {item.subject_id}; void or delete that"):
        await backend.perform(petra, billing.resolve, item.id, "waive", "A gift.")
    await backend.perform(petra, billing.resolve, item.id, "manual", "Written by hand.")
    assert (await now(backend, run)).left_as_drafts == 0


async def test_a_first_invoice_that_is_refused_waits_too(backend, clock):
    await change(backend, update(Plan).where(Plan.slug == "pro").values(name=UNSEEN))
    subscription = await subscribed(backend)
    for _ in range(2):
        await billing.bill_subscription(backend, ada, subscription.id)
        clock.advance(timedelta(hours=1))
    item = await only(backend)
    assert (item.run_id, item.charge_kind, item.partner_id) == (None, "draft", NORTHWIND)
