"""
Who cares about which fact: the whole choreography on one page.

What a feature does then, and when not, is said in its own `reactions.py`. A reaction is safe to run twice: a fact is
shown to it at least once, again after a crash.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox
from scaicontrol.services.billing import reactions as billing
from scaicontrol.services.documents import reactions as documents
from scaicontrol.services.mails import reactions as mails
from scaicontrol.services.payments import reactions as payments
from scaicontrol.services.provisioning import reactions as provisioning
from scaicontrol.services.tax import reactions as tax

Reaction = Callable[[Backend, Outbox], Awaitable[Any]]

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "tenant.billing_linked": (tax.ask_vies,),
    "tenant.billing_updated": (tax.ask_vies,),
    "vat_consultation.recorded": (mails.apply_vies_answer,),
    "payment_method.added": (tax.prove_place,),
    "subscription.activated": (billing.bill_now,),
    "subscription.changed": (billing.bill_converted, provisioning.update),
    "subscription.suspended": (provisioning.suspend, mails.mail_suspended),
    "subscription.resumed": (provisioning.resume, billing.bill_now),
    "subscription.cancelled": (provisioning.deprovision,),
    "subscription.trial_ending": (mails.mail_trial_ending,),
    "subscription.terms_announced": (mails.mail_terms_announced,),
    "pack_subscription.activated": (billing.bill_now,),
    "pack_subscription.changed": (billing.bill_moved_pack, provisioning.move_pack),
    "pack_subscription.items_changed": (provisioning.exchange_items,),
    "pack_subscription.cancelled": (provisioning.take_pack_down,),
    "pack_subscription.suspended": (mails.mail_pack_suspended,),
    "pack_subscription.resumed": (mails.notice_pack_resumed,),
    "pack_subscription.trial_ending": (mails.mail_pack_trial_ending,),
    "invoice.render_requested": (documents.make_files,),
    "invoice.finalized": (payments.collect_unsent, billing.close_quarantine),
    "invoice.deleted": (billing.close_quarantine,),
    "invoice.draft_voided": (billing.close_quarantine,),
    "quarantine.resolved": (billing.retry_draft,),
    "invoice.delivery_requested": (mails.mail_document,),
    "invoice.sent": (payments.collect_sent,),
    "invoice.past_due": (payments.mark_past_due, payments.begin_dunning),
    "invoice.paid": (payments.recover,),
    "invoice.voided": (payments.forget,),
    "payment.reversed": (mails.mail_payment_reversed,),
    "dispute.opened": (mails.mail_dispute,),
    "dispute.won": (mails.mail_dispute,),
    "dispute.lost": (mails.mail_dispute,),
    "dispute.withdrawn": (mails.mail_dispute,),
    "refund.failed": (mails.mail_refund_given_up,),
    "refund.after_all": (mails.mail_refund_after_all,),
    "receivable.opened": (mails.notice_owed,),
    "payment.failed": (payments.mark_past_due, mails.mail_payment_failed),
    "dunning.reminder_due": (mails.mail_reminder,),
    "invoice.reminder_requested": (mails.mail_wanted_reminder,),
    "declaration.received": (mails.receipt_of_declaration,),
    "declaration.decided": (mails.mail_declaration_decided,),
    "mail.accepted": (mails.note_delivery,),
    "usage.threshold_reached": (mails.notice_threshold,),
    "usage.budget_reached": (mails.notice_budget,),
}
