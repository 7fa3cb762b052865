"""What documents, and the movements against them, are in the ledger."""

from typing import TYPE_CHECKING, Final

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import ledger
from scaicontrol.services.ledger.models import Account, EntryKind, SourceType

from ..lifecycle import MONEY, SettledBy
from ..models import Invoice

if TYPE_CHECKING:
    from .settle import Movement

_KINDS: Final = {
    SettledBy.reversal: EntryKind.payment_reversed,
    SettledBy.credit_note: EntryKind.credit_note_allocated,
    SettledBy.credit: EntryKind.credit_applied,
    SettledBy.wallet: EntryKind.wallet_applied,
    SettledBy.write_off: EntryKind.loss_written_off,
}
_OWN_ACCOUNTS: Final = {SettledBy.write_off: Account.write_offs, SettledBy.wallet: Account.wallet}


def post_document(uow: UnitOfWork, invoice: Invoice) -> None:
    """Post what a finalized document asks for, or gives: a credit note is credit until it is allocated."""
    ledger.post(
        uow,
        _books(invoice),
        EntryKind.document_finalized,
        (SourceType.document, invoice.id),
        uow.now,
        *_sides(invoice, 1),
    )


async def post_void(uow: UnitOfWork, invoice: Invoice) -> None:
    """Post the contrary of what a document was: nothing rests on it any longer."""
    source = (SourceType.document, invoice.id)
    ledger.post(
        uow,
        _books(invoice),
        EntryKind.document_voided,
        source,
        uow.now,
        *_sides(invoice, -1),
        reverses_id=await ledger.entry_of(uow, EntryKind.document_finalized, source),
    )


def _sides(invoice: Invoice, sign: int) -> tuple[tuple[str, int], ...]:
    return (
        (_account(invoice), sign * invoice.total_cents),
        (Account.revenue, -sign * invoice.subtotal_cents),
        (Account.vat_payable, -sign * invoice.tax_cents),
    )


def post_settlement(
    uow: UnitOfWork, invoice: Invoice, settlement_id: str, movement: "Movement", applied: int, unapplied: int
) -> None:
    """Post a movement against a document: what it settles of that, and beyond that of the tenant's credit."""
    of_document, beyond = _account(invoice), Account.credit_balances
    if movement.is_refund:
        of_document = beyond = Account.refunds
    ledger.post(
        uow,
        _books(invoice),
        _kind(movement, applied + unapplied),
        (SourceType.settlement, settlement_id),
        movement.at,
        (_counter(movement), applied + unapplied),
        (of_document, -applied),
        (beyond, -unapplied),
        about_id=movement.source_id.split(":")[0],
    )


def _counter(movement: "Movement") -> str:
    if movement.kind in MONEY:
        return ledger.clearing_of(movement.provider)
    return _OWN_ACCOUNTS.get(movement.kind, Account.transfers)


def _kind(movement: "Movement", cents: int) -> EntryKind:
    if movement.kind is SettledBy.payment:
        return EntryKind.refund_paid if movement.is_refund or cents < 0 else EntryKind.payment_booked
    if movement.kind is SettledBy.manual:
        return EntryKind.money_recorded if cents > 0 else EntryKind.credit_paid_back
    return _KINDS[movement.kind]


def _account(invoice: Invoice) -> Account:
    return Account.credit_balances if invoice.is_credit_note else Account.receivables


def _books(invoice: Invoice) -> ledger.Books:
    return ledger.Books(invoice.tenant_id, invoice.partner_id, invoice.currency, invoice.id)
