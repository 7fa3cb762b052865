"""The words our built-in documents print, in the reader's language: a language that lacks one does not load."""

from dataclasses import dataclass
from functools import cache

from scaicontrol.core import i18n
from scaicontrol.core.i18n import Language, language_or_english


@dataclass(frozen=True, slots=True)
class Labels:
    """What stands beside the data of a document; `{…}` are filled by the template."""

    invoice: str
    credit_note: str
    billed_to: str
    number: str
    issue_date: str
    due_date: str
    period: str
    vat_number: str
    registration_number: str
    buyer_reference: str
    purchase_order: str
    contract: str
    corrects: str
    description: str
    quantity: str
    unit_price: str
    per: str
    vat: str
    amount: str
    subtotal: str
    vat_on: str
    total: str
    paid: str
    amount_due: str
    amount_credited: str
    pay: str
    pay_by: str
    account_holder: str
    reference: str
    scan: str
    credit: str
    notes: str
    page: str
    void: str

    # Invoice and credit note, where they have it
    tax_point: str
    date: str
    lines_total: str
    discount: str
    charge: str
    tax_in: str
    total_vat: str
    tax_number: str
    collect: str
    charge_card: str
    mandate: str
    creditor_id: str
    debited_account: str
    copy: str

    # Payment reminder
    reminder_first: str
    reminder_second: str
    reminder_final: str
    request_first: str
    request_second: str
    request_final: str
    days_overdue: str
    invoice_total: str
    reminder_fee: str
    pay_now: str

    # Statement of account
    statement: str
    customer: str
    between: str
    document: str
    debit: str
    credit_side: str
    balance: str
    opening: str
    closing: str
    aging: str
    not_due: str
    days_range: str
    days_over: str
    pay_balance: str
    in_your_favour: str


def labels(language: str | None) -> Labels:
    """Give the words of a language, or the English ones."""
    return _labels(language_or_english(language))


@cache
def _labels(language: Language) -> Labels:
    return Labels(**i18n.words("documents", language))
