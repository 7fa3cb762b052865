"""Deeds about documents and their money."""

from datetime import timedelta

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.clock import FrozenClock
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.payment_ports import INSTALLATION, PaymentResult, PaymentStatus
from scaicontrol.core.work import UnitOfWork
from scaicontrol.integrations.payment_providers.sandbox import Sandbox
from scaicontrol.services import credits, invoice_links, invoices, payments
from scaicontrol.services.credits.schemas import KeepIn, ReceivableFilter, ReceivableSettleIn, SettledWith
from scaicontrol.services.invoices.schemas import InvoiceIn, MarkPaidIn
from scaicontrol.services.payments.schemas import DisputeCloseIn, DisputeIn, PayBackIn, PayBackWay
from scaicontrol.services.payments.service.disputes import record_dispute
from scaicontrol.services.payments.service.outcomes import record
from tests.factories import ACME, ada
from tests.factories.credits import credited, open_credits, transferred
from tests.factories.invoices import a_draft, a_line, again, finalized, rendered, sent
from tests.factories.payments import store_card

from .deed import INVOICES, WHY, Deed
from .doors import Cli, Console, Mcp, Rest, Tui


async def _draft(backend: Backend) -> str:
    return (await a_draft(backend)).id


async def _empty_draft(backend: Backend) -> str:
    empty = InvoiceIn(tenant_id=ACME, currency="EUR", lines=[])
    return (await backend.perform(ada, invoices.draft, empty)).id


async def _finalized(backend: Backend) -> str:
    return (await finalized(backend)).id


async def _rendered(backend: Backend) -> str:
    return (await rendered(backend)).id


async def _linked(backend: Backend) -> str:
    """With a link that works, anew for each door."""
    invoice = await finalized(backend)
    await backend.perform(Actor.system("mails"), invoice_links.prepare, invoice, f"delivery:{invoice.id}")
    return invoice.id


async def owed(backend: Backend) -> str:
    return (await sent(backend)).id


async def _overdue(backend: Backend) -> str:
    invoice = await sent(backend)
    assert isinstance(backend.clock, FrozenClock)
    backend.clock.advance(timedelta(days=20))
    return invoice.id


async def settled(backend: Backend) -> str:
    invoice = await sent(backend)
    money = MarkPaidIn(paid_at=backend.clock.now(), reference="ABN 4711", method="sepa")
    await backend.perform(ada, invoices.mark_paid, invoice.id, money)
    return invoice.id


async def _collected(backend: Backend) -> str:
    invoice = await sent(backend, a_line(1000))
    await payments.pay(backend, ada, invoice.id)
    return (await again(backend, invoice)).id


async def _with_a_card(backend: Backend) -> str:
    await store_card(backend)
    return await _collected(backend)


async def _a_credit(backend: Backend) -> str:
    """Overpaid by transfer, anew for each door."""
    await transferred(backend, await sent(backend, a_line(1000)), 1310, by=ada)
    return (await open_credits(backend))[0].id


async def _with_credit(backend: Backend) -> str:
    """Owes 12.10, and the credit was kept from it."""
    kept = KeepIn(is_kept=True, reason="For another")
    await backend.perform(ada, credits.keep, await _a_credit(backend), kept)
    return (await finalized(backend, a_line(1000))).id


async def _credit_of_a_card(backend: Backend) -> str:
    await store_card(backend)
    collected = await _collected(backend)
    await credited(backend, await backend.ask(ada, invoices.get, collected), 605)
    return (await open_credits(backend))[0].id


async def _no_rest(backend: Backend) -> str:
    credit_id = await _a_credit(backend)
    await payments.pay_back(backend, ada, credit_id, PayBackIn(way=PayBackWay.transfer, reference="ABN 9"))
    return credit_id


async def _no_credit(_: Backend) -> str:
    return "crd_nowhere"


async def _disputed(backend: Backend) -> str:
    told = DisputeIn(invoice_id=await settled(backend), reference="RTRN-1", reason="MD06")
    return (await backend.perform(ada, payments.open_dispute, told)).id


async def _lost(backend: Backend) -> str:
    dispute_id = await _disputed(backend)
    await backend.perform(ada, payments.close_dispute, dispute_id, DisputeCloseIn(outcome="lost"))
    return dispute_id


async def _charged_back(backend: Backend) -> str:
    """One that the provider decides."""
    await _with_a_card(backend)
    provider = backend.ports.payment_providers["sandbox"]
    assert isinstance(provider, Sandbox)
    dispute_id = provider.dispute(provider.payments()[0]["id"])
    told, seen = await provider.fetch_dispute(dispute_id), 0
    await backend.perform(Actor.system("inbound_webhooks"), record_dispute, "sandbox", INSTALLATION, told, seen)
    return str(await backend.ask(ada, _dispute_named, dispute_id))


async def _declined(backend: Backend) -> str:
    """The sandbox declines what ends in 01."""
    await store_card(backend)
    return (await payments.pay(backend, ada, (await sent(backend, a_line(1654))).id)).id


async def _came(backend: Backend) -> str:
    return (await backend.ask(ada, payments.of_invoice, await _with_a_card(backend)))[0].id


async def _mismatched(backend: Backend) -> str:
    """A payment that came, and of which the provider says less since."""
    payment = (await backend.ask(ada, payments.of_invoice, await _with_a_card(backend)))[0]
    told = PaymentResult(PaymentStatus.succeeded, payment.external_id, 1000, "EUR")
    await backend.perform(Actor.system("payment_charge"), record, payment.id, told)
    return payment.id


async def _agreed(backend: Backend) -> str:
    return (await backend.ask(ada, payments.of_invoice, await _with_a_card(backend)))[0].id


async def _twice(backend: Backend) -> str:
    """Paid back by transfer what had come beyond what was due, and the bank took all of it back since."""
    invoice = await sent(backend, a_line(1000))
    await transferred(backend, invoice, 1310, by=ada)
    back = PayBackIn(way=PayBackWay.transfer, reference="ABN 9")
    await payments.pay_back(backend, ada, (await open_credits(backend))[0].id, back)
    told = DisputeIn(invoice_id=invoice.id, reason="Recalled", reference="RTRN-1", outcome="lost")
    await backend.perform(ada, payments.open_dispute, told)
    wanted = ReceivableFilter(invoice_id=invoice.id)
    return (await backend.ask(ada, credits.receivables, PageRequest(), wanted)).items[0].id


async def _repaid(backend: Backend) -> str:
    receivable_id = await _twice(backend)
    body = ReceivableSettleIn(way=SettledWith.write_off, reason="A trifle.")
    await backend.perform(ada, invoices.settle_receivable, receivable_id, body)
    return receivable_id


async def _no_receivable(_: Backend) -> str:
    return "rcv_nowhere"


async def _dispute_named(uow: UnitOfWork, external_id: str) -> str | None:
    found = await payments.disputes(uow, PageRequest(page_size=50))
    return next((each.id for each in found.items if each.external_id == external_id), None)


async def _a_tenant(_: Backend) -> str:
    return ACME


async def _no_tenant(_: Backend) -> str:
    return "tnt_nowhere"


PAID = {"paid_at": "2026-01-15T00:00:00Z", "reference": "ABN 4711", "method": "sepa"}
A_LINE = {"description": "Pro plan", "unit_price_cents": 1900}

DOCUMENTS = (
    Deed(
        "invoices.create", "invoices:create", _a_tenant, {"no such tenant": _no_tenant},
        (Rest(f"POST {INVOICES}"), Mcp("manage_invoices", "create", within="document")),
        {"tenant_id": "{id}", "currency": "EUR", "lines": [A_LINE]},
    ),
    Deed(
        "invoices.update", "invoices:update", _draft, {"numbered": _finalized},
        (
            Rest(f"PATCH {INVOICES}/{{invoice_id}}"),
            Mcp("manage_invoices", "update", "invoice_id", within="document"),
            Console("invoice", "update", {"notes": "Thank you."}),
        ),
        {"notes": "Thank you."},
    ),
    Deed(
        "invoices.delete", "invoices:delete", _draft, {"numbered": _finalized},
        (
            Rest(f"DELETE {INVOICES}/{{invoice_id}}"), Mcp("manage_invoices", "delete", "invoice_id"),
            Tui("invoices", "delete"), Console("invoice", "delete"),
        ),
    ),
    Deed(
        "invoices.finalize", "invoices:finalize", _draft, {"numbered": _finalized, "shut by the gate": _empty_draft},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/finalize"), Mcp("manage_invoices", "finalize", "invoice_id"),
            Cli("admin invoices finalize", ("{id}", "--vat-rate-reason", WHY["reason"])),
            Console("invoice", "finalize"), Tui("invoices", "finalize"),
        ),
    ),
    Deed(
        "invoices.regenerate_pdf", "invoices:regenerate_pdf", _finalized, {"a draft": _draft},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/regenerate-pdf"),
            Mcp("manage_invoices", "regenerate_pdf", "invoice_id"),
            Cli("admin invoices regenerate-pdf", ("{id}", "--reason", WHY["reason"])),
            Console("invoice", "regenerate_pdf", WHY), Tui("invoices", "regenerate_pdf", WHY["reason"]),
            Tui("files", "regenerate_pdf", WHY["reason"]),
        ),
        WHY,
    ),
    Deed(
        "invoices.send", "invoices:send", _rendered, {"a draft": _draft, "without its files": _finalized},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/send"), Rest("POST /billing/invoices/{invoice_id}/send"),
            Mcp("manage_invoices", "send", "invoice_id"), Console("invoice", "send"), Tui("invoices", "send"),
        ),
        hidden=frozenset({"a draft"}),
    ),
    Deed(
        "invoice_links.revoke", "invoice_links:revoke", _linked, {},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/links/revoke"),
            Rest("POST /billing/invoices/{invoice_id}/links/revoke"),
            Console("invoice", "revoke_links"),
        ),
    ),
    Deed(
        "invoices.credit", "invoices:credit", _finalized, {"a draft": _draft},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/credit-note"), Mcp("manage_invoices", "credit_note", "invoice_id"),
            Console("invoice", "credit", WHY),
        ),
        WHY,
    ),
    Deed(
        "invoices.credit at once", "invoices:credit", _finalized, {"a draft": _draft},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/credit-note"), Mcp("manage_invoices", "credit_note", "invoice_id"),
        ),
        {**WHY, "finalize": True},
    ),
    Deed(
        "invoices.remind", "invoices:remind", _overdue, {"not overdue": owed},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/reminder"), Mcp("manage_invoices", "remind", "invoice_id"),
            Cli("admin invoices remind"), Console("invoice", "remind"), Tui("invoices", "remind"),
        ),
    ),
    Deed(
        "invoices.void", "invoices:void", _finalized, {"paid": settled},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/void"), Mcp("manage_invoices", "void", "invoice_id"),
            Console("invoice", "void", WHY), Tui("invoices", "void", WHY["reason"]),
        ),
        WHY,
    ),
    Deed(
        "invoices.mark_paid", "invoices:mark_paid", _finalized, {"a draft": _draft, "paid": settled},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/mark-paid"), Mcp("manage_invoices", "mark_paid", "invoice_id"),
            Console("invoice", "mark_paid", {"paid_on": "2026-01-15", "reference": "ABN 4711", "method": "sepa"}),
        ),
        PAID,
    ),
    Deed(
        "invoices.apply_credit", "credits:apply", _with_credit, {"a draft": _draft, "without credit": _finalized},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/apply-credit"),
            Rest("POST /billing/invoices/{invoice_id}/apply-credit"),
            Mcp("manage_invoices", "apply_credit", "invoice_id"), Cli("admin invoices apply-credit"),
            Console("invoice", "apply_credit"),
        ),
        hidden=frozenset({"a draft"}),
    ),
    Deed(
        "credits.keep", "credits:keep", _a_credit, {"no such credit": _no_credit, "used up": _no_rest},
        (
            Rest("POST /admin/billing/credits/{credit_id}/keep"), Mcp("manage_invoices", "keep_credit", "credit_id"),
            Cli("admin credits keep", ("{id}", "--reason", WHY["reason"])),
            Console("credit", "keep", {"is_kept": "on", **WHY}),
        ),
        {"is_kept": True, **WHY},
    ),
    Deed(
        "payments.pay_back by transfer", "credits:pay_back", _a_credit, {"used up": _no_rest},
        (
            Rest("POST /admin/billing/credits/{credit_id}/pay-back"),
            Mcp("manage_invoices", "pay_back_credit", "credit_id"),
            Cli("admin credits pay-back", ("{id}", "--reference", "ABN 9")),
            Console("credit", "pay_back", {"reference": "ABN 9"}),
        ),
        {"way": "transfer", "reference": "ABN 9"},
    ),
    Deed(
        "payments.pay_back by card", "credits:pay_back", _credit_of_a_card, {"of no card": _a_credit},
        (
            Rest("POST /admin/billing/credits/{credit_id}/pay-back"),
            Mcp("manage_invoices", "pay_back_credit", "credit_id"),
            Cli("admin credits pay-back"), Console("credit", "pay_back"),
        ),
        {"way": "card"},
    ),
    Deed(
        "payments.refund", "payments:refund", _with_a_card, {"not paid": _finalized, "paid to nobody": settled},
        (
            Rest(f"POST {INVOICES}/{{invoice_id}}/refund"), Mcp("manage_invoices", "refund", "invoice_id"),
            Console("invoice", "refund", WHY),
        ),
        WHY,
    ),
    Deed(
        "payments.retry", "payments:retry", _declined, {"succeeded": _came},
        (
            Rest("POST /admin/billing/payments/{payment_id}/retry"), Mcp("manage_payments", "retry", "payment_id"),
            Console("payment", "retry"), Tui("payments", "retry"),
        ),
    ),
    Deed(
        "payments.resolve_mismatch", "payments:resolve", _mismatched, {"nothing to decide": _agreed},
        (
            Rest("POST /admin/billing/payments/{payment_id}/resolve"),
            Mcp("manage_payments", "resolve", "payment_id"),
            Cli("admin payments resolve", ("{id}", "accept", "--reason", WHY["reason"])),
            Console("payment", "resolve", {"decision": "accept", **WHY}),
            Tui("payments", "resolve", WHY["reason"], "accept"),
        ),
        {"decision": "accept", **WHY},
    ),
    Deed(
        "invoices.settle_receivable", "receivables:settle", _twice, {"settled": _repaid, "none such": _no_receivable},
        (
            Rest("POST /admin/billing/receivables/{receivable_id}/settle"),
            Mcp("manage_invoices", "settle_receivable", "receivable_id"),
            Cli("admin receivables settle", ("{id}", "write_off", "--reason", WHY["reason"])),
            Console("receivable", "settle", {"way": "write_off", **WHY}),
            Tui("receivables", "settle", WHY["reason"], "write_off"),
        ),
        {"way": "write_off", **WHY},
    ),
    Deed(
        "payments.open_dispute", "disputes:record", settled, {"nothing came": _finalized},
        (
            Rest("POST /admin/disputes"), Mcp("manage_payments", "open_dispute", within="dispute"),
            Cli("admin disputes open", ("{id}", "--reference", "RTRN-1", "--reason", "MD06", "--outcome", "lost")),
        ),
        {"invoice_id": "{id}", "reference": "RTRN-1", "reason": "MD06", "outcome": "lost"},
    ),
    Deed(
        "payments.close_dispute", "disputes:record", _disputed,
        {"closed": _lost, "decided by its provider": _charged_back},
        (
            Rest("POST /admin/disputes/{dispute_id}/close"), Mcp("manage_payments", "close_dispute", "dispute_id"),
            Cli("admin disputes close", ("{id}", "lost")),
            Console("dispute", "close", {"outcome": "lost", "fee": ""}), Tui("disputes", "close", choice="lost"),
        ),
        {"outcome": "lost"},
    ),
)  # fmt: skip
