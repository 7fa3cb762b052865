"""
Refusals that customers meet, by code: the portal says each in the reader's language (`frontend/src/i18n`).

A verb that a tenant may call refuses with one of them where it can, with the values its sentence names; the English
sentence beside it is what every other surface shows. A code is never given another meaning.
"""

from enum import StrEnum

from .errors import Conflict, Reason, Refused


class RefusalCode(StrEnum):
    # Of anything with a lifecycle or a version; `status` is what it is.
    wrong_status = "wrong_status"
    changed_meanwhile = "changed_meanwhile"
    # Subscribing and changing.
    already_subscribed = "already_subscribed"  # service
    being_set_up = "being_set_up"
    bought_once = "bought_once"
    currency_not_invoiced = "currency_not_invoiced"  # currency
    nothing_to_change = "nothing_to_change"
    other_currency = "other_currency"  # currency
    other_service = "other_service"
    paid_until = "paid_until"  # day
    part_of_pack = "part_of_pack"
    plan_by_provider_only = "plan_by_provider_only"
    plan_not_sold = "plan_not_sold"
    preview_outdated = "preview_outdated"
    quantity_out_of_range = "quantity_out_of_range"
    service_not_sold = "service_not_sold"
    term_runs = "term_runs"  # day
    trial_changes_at_once = "trial_changes_at_once"
    trial_used = "trial_used"
    # Coupons.
    coupon_beside_another = "coupon_beside_another"
    coupon_not_for_this = "coupon_not_for_this"
    coupon_over = "coupon_over"
    coupon_redeemed = "coupon_redeemed"
    coupon_unknown = "coupon_unknown"
    # Use, and what it should cost.
    no_use_behind = "no_use_behind"
    service_not_in_use = "service_not_in_use"  # service
    # Paying.
    credit_used_up = "credit_used_up"
    last_payment_method = "last_payment_method"  # method
    no_payment_method = "no_payment_method"
    nothing_due = "nothing_due"
    payment_under_way = "payment_under_way"
    provider_cannot = "provider_cannot"  # provider
    # Working out what has to be paid.
    exchange_rate_missing = "exchange_rate_missing"
    vat_undecidable = "vat_undecidable"
    vies_unavailable = "vies_unavailable"
    # Billing details, documents and statements.
    billing_profile_incomplete = "billing_profile_incomplete"
    billing_profile_missing = "billing_profile_missing"
    check_digits = "check_digits"
    eas_code = "eas_code"
    format_not_possible = "format_not_possible"  # format
    no_documents = "no_documents"
    peppol_incomplete = "peppol_incomplete"
    postal_code = "postal_code"
    statement_too_long = "statement_too_long"
    too_many_documents = "too_many_documents"  # most
    unknown_country = "unknown_country"
    vat_country = "vat_country"


def refused(code: RefusalCode, message: str, **values: str) -> Refused:
    """Refuse with a code; `values` are what its sentence names: days as ISO dates, states by their name."""
    return Refused(message, reasons=[Reason(code, message, values=values or None)])


def conflict(code: RefusalCode, message: str, **values: str) -> Conflict:
    """Refuse likewise what somebody, or something, else was faster with."""
    return Conflict(message, reasons=[Reason(code, message, values=values or None)])
