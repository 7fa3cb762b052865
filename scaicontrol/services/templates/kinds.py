"""What a template renders to (contract §19.1)."""

from enum import StrEnum
from typing import Final, Literal


class TemplateType(StrEnum):
    invoice = "invoice"
    credit_note = "credit_note"
    payment_reminder = "payment_reminder"
    statement = "statement"
    email_invoice = "email_invoice"
    email_credit_note = "email_credit_note"
    email_trial_ending = "email_trial_ending"
    email_payment_failed = "email_payment_failed"
    email_dunning_reminder = "email_dunning_reminder"
    email_subscription_suspended = "email_subscription_suspended"
    email_terms_announced = "email_terms_announced"
    email_notices = "email_notices"

    @property
    def is_mail(self) -> bool:
        return self.value.startswith("email_")

    @property
    def names_field(self) -> Literal["email_template_name", "invoice_template_name"]:
        """Name the field by which a billing profile or a seller chooses a template of this type."""
        return "email_template_name" if self.is_mail else "invoice_template_name"


# What the law wants certain contents on (Art. 226 of Directive 2006/112/EC; Art. 219 for credit notes).
LEGAL_DOCUMENTS: Final = frozenset({TemplateType.invoice, TemplateType.credit_note})
ABOUT_A_SUBSCRIPTION: Final = frozenset({
    TemplateType.email_trial_ending, TemplateType.email_subscription_suspended, TemplateType.email_terms_announced,
})  # fmt: skip

MailKind = Literal[
    "email_invoice",
    "email_credit_note",
    "email_trial_ending",
    "email_payment_failed",
    "email_dunning_reminder",
    "email_subscription_suspended",
    "email_terms_announced",
    "email_notices",
    "email_declaration_received",
    "email_declaration_carried_out",
    "email_declaration_declined",
]
