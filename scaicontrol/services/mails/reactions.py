"""Facts that somebody is written to about."""

from datetime import datetime

from scaicontrol.core.backend import Backend
from scaicontrol.core.money import Money
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import documents, statements

from .service import (
    about_declarations,
    about_disputes,
    about_documents,
    about_packs,
    about_refunds,
    about_subscriptions,
    about_usage,
    vat_numbers,
)
from .service.posting import ACTOR


async def mail_document(backend: Backend, fact: Outbox) -> None:
    """A document is to be delivered."""
    await about_documents.mail_document(backend, str(fact.told["delivery_id"]))


async def note_delivery(backend: Backend, fact: Outbox) -> None:
    """The transport took a mail: a document that travelled in it has been sent."""
    if fact.told.get("kind") in ("email_invoice", "email_credit_note"):
        await backend.perform(ACTOR, documents.record_delivery, str(fact.told["resource_of"]))


async def mail_reminder(backend: Backend, fact: Outbox) -> None:
    """Dunning asks for a reminder; from the last level on they all say the same."""
    stage = int(fact.told["stage"])
    level = min(stage, statements.LAST_REMINDER)
    pursuit = int(fact.told.get("pursuit", 1))
    step = f"reminder:{stage}" if pursuit == 1 else f"reminder:{pursuit}:{stage}"
    await about_documents.mail_reminder(backend, str(fact.told["invoice_id"]), level, step)


async def mail_wanted_reminder(backend: Backend, fact: Outbox) -> None:
    """A person asks for a reminder."""
    level = int(fact.told["level"])
    await about_documents.mail_reminder(backend, str(fact.told["invoice_id"]), level, f"asked:{level}")


async def mail_payment_failed(backend: Backend, fact: Outbox) -> None:
    """A charge failed."""
    retry = fact.told.get("next_retry_at")
    await about_documents.mail_payment_failed(
        backend,
        str(fact.told["invoice_id"]),
        int(fact.told["attempt"]),
        fact.told.get("failure_code"),
        datetime.fromisoformat(retry).date() if retry else None,
    )


async def mail_payment_reversed(backend: Backend, fact: Outbox) -> None:
    """Money that had come went back: for the payer it is a charge that failed."""
    retry = fact.told.get("next_retry_at")
    await about_documents.mail_payment_failed(
        backend,
        str(fact.told["invoice_id"]),
        int(fact.told["attempt"]),
        fact.told.get("failure_code"),
        datetime.fromisoformat(retry).date() if retry else None,
        step=fact.idempotency_key.split(":", 1)[-1],
    )


async def mail_dispute(backend: Backend, fact: Outbox) -> None:
    """A payer's bank asks money back, or it is decided."""
    await backend.perform(ACTOR, about_disputes.tell, str(fact.told["dispute_id"]), _step(fact))


async def mail_refund_given_up(backend: Backend, fact: Outbox) -> None:
    """A refund was given up: its credit needs another way back."""
    if fact.told.get("is_final"):
        await backend.perform(ACTOR, about_refunds.tell_given_up, _refund(fact))


async def mail_refund_after_all(backend: Backend, fact: Outbox) -> None:
    """A refund that was given up went."""
    await backend.perform(ACTOR, about_refunds.tell_after_all, _refund(fact), int(fact.told["twice_cents"]))


def _refund(fact: Outbox) -> about_refunds.RefundTold:
    told = fact.told
    return about_refunds.RefundTold(
        str(told["refund_id"]),
        str(told["payment_id"]),
        int(told["amount_cents"]),
        _step(fact),
        str(told.get("error", "–")),
    )


async def notice_owed(backend: Backend, fact: Outbox) -> None:
    """A tenant has money twice."""
    await backend.perform(ACTOR, about_refunds.tell_owed, str(fact.told["receivable_id"]))


def _step(fact: Outbox) -> str:
    return fact.idempotency_key.split(":", 2)[-1]


async def receipt_of_declaration(backend: Backend, fact: Outbox) -> None:
    """Somebody withdrew from a contract or cancelled it: what came, and when, goes to the address we hold."""
    await about_declarations.mail_receipt(backend, str(fact.told["declaration_id"]))


async def mail_declaration_decided(backend: Backend, fact: Outbox) -> None:
    """A person carried a declaration out or declined it."""
    await about_declarations.mail_decision(backend, str(fact.told["declaration_id"]))


async def mail_trial_ending(backend: Backend, fact: Outbox) -> None:
    """A trial is about to end."""
    await about_subscriptions.mail_trial_ending(
        backend, str(fact.told["subscription_id"]), int(fact.told["days_remaining"])
    )


async def mail_suspended(backend: Backend, fact: Outbox) -> None:
    """A subscription was suspended."""
    await about_subscriptions.mail_suspended(backend, str(fact.told["subscription_id"]), fact.idempotency_key[-40:])


async def mail_pack_trial_ending(backend: Backend, fact: Outbox) -> None:
    """A trial of a pack is about to end."""
    await about_packs.mail_trial_ending(
        backend, str(fact.told["pack_subscription_id"]), int(fact.told["days_remaining"])
    )


async def mail_pack_suspended(backend: Backend, fact: Outbox) -> None:
    """A pack was suspended, and everything in it."""
    await about_packs.mail_suspended(backend, str(fact.told["pack_subscription_id"]), fact.idempotency_key[-40:])


async def notice_pack_resumed(backend: Backend, fact: Outbox) -> None:
    """A pack may be used again, and everything in it."""
    await backend.perform(ACTOR, about_packs.tell_resumed, str(fact.told["pack_subscription_id"]), fact.idempotency_key)


async def apply_vies_answer(backend: Backend, fact: Outbox) -> None:
    """VIES was asked about a number."""
    await backend.perform(ACTOR, vat_numbers.apply_vies_answer, str(fact.told["consultation_id"]))


async def mail_terms_announced(backend: Backend, fact: Outbox) -> None:
    """A subscription gets another version of its plan."""
    await about_subscriptions.mail_terms_announced(
        backend,
        str(fact.told["subscription_id"]),
        fact.idempotency_key[-40:],
        datetime.fromisoformat(str(fact.told["effective_at"])),
        Money(int(fact.told["next_unit_price_cents"]), str(fact.told["currency"])),
    )


async def notice_threshold(backend: Backend, fact: Outbox) -> None:
    """A tenant used this much of a quota."""
    told = about_usage.ThresholdTold.model_validate(fact.told)
    await backend.perform(ACTOR, about_usage.tell_threshold, told, fact.idempotency_key)


async def notice_budget(backend: Backend, fact: Outbox) -> None:
    """A budget is reached, or expected to be."""
    told = about_usage.BudgetTold.model_validate(fact.told)
    await backend.perform(ACTOR, about_usage.tell_budget, told, fact.idempotency_key)
