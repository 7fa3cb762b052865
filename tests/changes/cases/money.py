"""Money and books: paying, refunding, methods, integrations."""

from datetime import date

from scaicontrol.core.actor import Actor
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.payment_ports import PaymentResult, PaymentStatus
from scaicontrol.services import credits, invoices, payments
from scaicontrol.services.accounting.schemas import IntegrationIn, IntegrationPut, SyncIn
from scaicontrol.services.credits.models import Credit
from scaicontrol.services.credits.schemas import KeepIn, ReceivableSettleIn, SettledWith
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import ApplyCreditIn, MarkPaidIn
from scaicontrol.services.payments.lifecycle import MismatchDecision
from scaicontrol.services.payments.models import Payment
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeIn, MismatchIn, PayBackIn, PayBackWay
from scaicontrol.services.payments.service.outcomes import record
from tests.factories import ada, alice, petra
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.credits import credited, open_credits, transferred
from tests.factories.invoices import a_line, finalized, sent
from tests.factories.payments import store_card

from .case import Case, Stage, case

# What a provider calls a charge, and when it says that it was made.
NAMED = frozenset({"external_id", "settlement_key"})


async def _owed(stage: Stage) -> Invoice:
    await store_card(stage.backend)
    return await sent(stage.backend, a_line(1000))


@case("payments.pay")
async def _(stage: Stage) -> Case:
    return Case({"invoice_id": (await _owed(stage)).id}, alice, NAMED)


@case("payments.retry")
async def _(stage: Stage) -> Case:
    owed = await _owed(stage)
    stage.backend.ports.payment_providers["sandbox"].declines = ["insufficient_funds"]  # type: ignore[attr-defined]  # the faulty one
    failed: Payment = await payments.pay(stage.backend, petra, owed.id)
    assert failed.status == "failed"
    return Case({"payment_id": failed.id}, ada, NAMED)


@case("payments.refund")
async def _(stage: Stage) -> Case:
    owed = await _owed(stage)
    await payments.pay(stage.backend, petra, owed.id)
    return Case({"invoice_id": owed.id, "amount_cents": 605, "reason": "Half of it was down."}, ada, NAMED)


async def _overpaid(stage: Stage) -> Credit:
    """A payment by card of an invoice that a credit note corrects later."""
    owed = await _owed(stage)
    await payments.pay(stage.backend, petra, owed.id)
    await credited(stage.backend, owed, 605)
    (credit,) = await open_credits(stage.backend)
    return credit


@case("payments.pay_back")
async def _(stage: Stage) -> Case:
    return Case({"credit_id": (await _overpaid(stage)).id, "body": PayBackIn(way=PayBackWay.card)}, ada, NAMED)


@case("payments.pay_back", "by transfer")
async def _(stage: Stage) -> Case:
    body = PayBackIn(way=PayBackWay.transfer, reference="ABN 9")
    return Case({"credit_id": (await _overpaid(stage)).id, "body": body}, ada)


@case("credits.keep")
async def _(stage: Stage) -> Case:
    credit = await _overpaid(stage)
    return Case({"credit_id": credit.id, "body": KeepIn(is_kept=True, reason="For the yearly invoice")}, petra)


@case("invoices.apply_credit")
async def _(stage: Stage) -> Case:
    credit = await _overpaid(stage)
    await stage.backend.perform(petra, credits.keep, credit.id, KeepIn(is_kept=True, reason="For another"))
    owed = await finalized(stage.backend, a_line(1000))
    return Case({"invoice_id": owed.id, "data": ApplyCreditIn(amount_cents=100)}, alice)


async def _transferred(stage: Stage) -> Invoice:
    """Paid by a direct debit of the seller's bank, which no provider of ours knows."""
    owed = await sent(stage.backend, a_line(1000))
    came = MarkPaidIn(paid_at=stage.backend.clock.now(), reference="ABN 4711", method="sepa")
    await stage.backend.perform(petra, invoices.mark_paid, owed.id, came)
    return owed


@case("payments.resolve_mismatch")
async def _(stage: Stage) -> Case:
    owed = await _owed(stage)
    payment: Payment = await payments.pay(stage.backend, petra, owed.id)
    told = PaymentResult(PaymentStatus.succeeded, payment.external_id, 1000, "EUR")
    await stage.backend.perform(Actor.system("payment_charge"), record, payment.id, told)
    return Case({"payment_id": payment.id, "body": MismatchIn(decision=MismatchDecision.accept, reason="Captured so.")})


async def _twice(stage: Stage) -> str:
    """One euro beyond what was due was paid back by transfer, then the bank took all of it."""
    owed = await _owed(stage)
    await transferred(stage.backend, owed, 1310)
    (credit,) = await open_credits(stage.backend)
    await payments.pay_back(stage.backend, petra, credit.id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    told = DisputeIn(invoice_id=owed.id, reason="Recalled", reference="RTRN-1", outcome="lost")
    await stage.backend.perform(petra, payments.open_dispute, told)
    return (await stage.backend.ask(ada, credits.receivables, PageRequest())).items[0].id


@case("invoices.settle_receivable")
async def _(stage: Stage) -> Case:
    body = ReceivableSettleIn(way=SettledWith.write_off, reason="A trifle.")
    return Case({"receivable_id": await _twice(stage), "data": body})


@case("invoices.settle_receivable", "with credit")
async def _(stage: Stage) -> Case:
    receivable_id = await _twice(stage)
    await transferred(stage.backend, await sent(stage.backend, a_line(500)), 605 + 60)
    body = ReceivableSettleIn(way=SettledWith.credit, reason="Agreed.")
    return Case({"receivable_id": receivable_id, "data": body})


@case("payments.open_dispute")
async def _(stage: Stage) -> Case:
    owed = await _transferred(stage)
    return Case(
        {"body": DisputeIn(invoice_id=owed.id, reason="MD06", reference="RTRN-1", outcome="lost", fee_cents=350)}
    )


@case("payments.close_dispute")
async def _(stage: Stage) -> Case:
    owed = await _transferred(stage)
    told = DisputeIn(invoice_id=owed.id, reason="MD06", reference="RTRN-1")
    opened = await stage.backend.perform(petra, payments.open_dispute, told)
    return Case({"dispute_id": opened.id, "body": DisputeCloseIn(outcome="lost", fee_cents=350)})


@case("payments.set_up")
async def _(stage: Stage) -> Case:
    return Case({"slug": "sandbox", "return_url": "https://portal.example.com/"}, alice)


@case("payments.confirm")
async def _(stage: Stage) -> Case:
    started = await payments.set_up(stage.backend, alice, "sandbox", "https://portal.example.com/")
    told = {
        "external_id", "external_customer_id", "label", "type", "last4", "expires_month", "expires_year",
        "country_code", "payment_means",
    }  # fmt: skip
    return Case({"slug": "sandbox", "payload": {"reference": started.reference}}, alice, frozenset(told))


@case("payments.make_default")
async def _(stage: Stage) -> Case:
    first = await store_card(stage.backend, "1")
    await store_card(stage.backend, "2")
    return Case({"method_id": first.id}, alice)


@case("payments.remove")
async def _(stage: Stage) -> Case:
    await store_card(stage.backend, "1")
    return Case({"method_id": (await store_card(stage.backend, "2")).id}, alice)


@case("accounting.create")
async def _(stage: Stage) -> Case:
    return Case({"body": IntegrationIn(provider="csv_journal", name="Books", mapping=MAPPING)}, petra)


@case("accounting.update")
async def _(stage: Stage) -> Case:
    made = await an_integration(stage.backend)
    body = IntegrationPut(provider="csv_journal", name="Ledger", mapping=MAPPING, is_active=False, version=1)
    return Case({"integration_id": made.id, "body": body}, petra)


@case("accounting.deactivate")
async def _(stage: Stage) -> Case:
    return Case({"integration_id": (await an_integration(stage.backend)).id}, petra)


@case("accounting.request")
async def _(stage: Stage) -> Case:
    made = await an_integration(stage.backend)
    await finalized(stage.backend)
    wanted = SyncIn.model_validate({"from": date(2026, 1, 1), "to": date(2026, 1, 31)})
    return Case({"integration_id": made.id, "wanted": wanted}, petra)
