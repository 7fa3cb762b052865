"""
Who cares about which fact: the whole choreography on one page.

A reaction is safe to run twice: a fact is shown to it at least once, again after a crash.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox
from scaicontrol.services import billing, documents, partners, payments, provisioning
from scaicontrol.services.provisioning import ProvisioningAction

from . import mails, vat_numbers

Reaction = Callable[[Backend, Outbox], Awaitable[Any]]
_ACTOR = Actor.system("reactions")


def _about(fact: Outbox, name: str) -> str:
    return str((fact.payload or {})[name])


async def bill_now(backend: Backend, fact: Outbox) -> None:
    """A subscription began to cost money, or costs something else: charge what is due for it."""
    await billing.bill_subscription(backend, _ACTOR, _about(fact, "subscription_id"))


async def bill_converted(backend: Backend, fact: Outbox) -> None:
    """A trial became paid: its first invoice."""
    if (fact.payload or {}).get("previous_state") == "trialing":
        await bill_now(backend, fact)


async def make_files(backend: Backend, _: Outbox) -> None:
    await documents.render_due(backend, _ACTOR)


async def collect(backend: Backend, fact: Outbox) -> None:
    """An invoice has reached its buyer: collect it, where the partner charges by itself."""
    if (fact.payload or {}).get("document_type") == "invoice":
        await backend.perform(_ACTOR, payments.schedule, _about(fact, "invoice_id"))
        await payments.charge_due(backend)


async def collect_unsent(backend: Backend, fact: Outbox) -> None:
    """An invoice nobody will send by itself: collect it as soon as it stands."""
    terms = await backend.ask(_ACTOR, partners.settings_of, _about(fact, "partner_id"))
    if not terms.auto_send:
        await collect(backend, fact)


async def fall_behind(backend: Backend, fact: Outbox) -> None:
    payload = fact.payload or {}
    if payload.get("cause") == "payment_failed":
        return  # the payment tells of itself, with its attempt
    await backend.perform(_ACTOR, payments.fall_behind, _about(fact, "invoice_id"), payload.get("payment_id"))


async def pursue(backend: Backend, fact: Outbox) -> None:
    await backend.perform(_ACTOR, payments.begin_for, _about(fact, "invoice_id"))


async def catch_up(backend: Backend, fact: Outbox) -> None:
    await backend.perform(_ACTOR, payments.catch_up, _about(fact, "invoice_id"))


async def close_quarantine(backend: Backend, fact: Outbox) -> None:
    """A draft is none any more: nobody need look after it."""
    await backend.perform(_ACTOR, billing.close_left, _about(fact, "invoice_id"))


async def retry_draft(backend: Backend, fact: Outbox) -> None:
    """Somebody wants a draft that was left behind tried once more."""
    if invoice_id := (fact.payload or {}).get("draft_to_retry"):
        await billing.retry_left(backend, _ACTOR, str(invoice_id))


def _carry(action: ProvisioningAction) -> Reaction:
    async def carry(backend: Backend, fact: Outbox) -> None:
        """Tell the subscribed service what has become of the subscription."""
        await backend.perform(_ACTOR, provisioning.follow, _about(fact, "subscription_id"), action, fact.id)

    return carry


async def carry_plan(backend: Backend, fact: Outbox) -> None:
    """Tell the subscribed service about another plan or quantity."""
    if (fact.payload or {}).get("change_kind") in ("plan_change", "quantity_change"):
        await _carry(ProvisioningAction.update)(backend, fact)


REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "tenant.billing_linked": (vat_numbers.ask_vies,),
    "tenant.billing_updated": (vat_numbers.ask_vies,),
    "vat_consultation.recorded": (vat_numbers.apply_vies_answer,),
    "payment_method.added": (vat_numbers.prove_place,),
    "subscription.activated": (bill_now,),
    "subscription.changed": (bill_converted, carry_plan),
    "subscription.suspended": (_carry(ProvisioningAction.suspend), mails.mail_suspended),
    "subscription.resumed": (_carry(ProvisioningAction.resume), bill_now),
    "subscription.cancelled": (_carry(ProvisioningAction.deprovision),),
    "subscription.trial_ending": (mails.mail_trial_ending,),
    "invoice.render_requested": (make_files,),
    "invoice.finalized": (collect_unsent, close_quarantine),
    "invoice.deleted": (close_quarantine,),
    "invoice.draft_voided": (close_quarantine,),
    "quarantine.resolved": (retry_draft,),
    "invoice.delivery_requested": (mails.mail_document,),
    "invoice.sent": (collect,),
    "invoice.past_due": (fall_behind, pursue),
    "invoice.paid": (catch_up,),
    "payment.failed": (fall_behind, mails.mail_payment_failed),
    "dunning.reminder_due": (mails.mail_reminder,),
    "invoice.reminder_requested": (mails.mail_wanted_reminder,),
    "mail.accepted": (mails.note_delivery,),
}
