"""What must hold of the ledger: its own balance, and that it says what documents, payments and credits say."""

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from scaicontrol.services.credits.models import Credit, CreditUse, CreditUseKind, Receivable
from scaicontrol.services.invoices.lifecycle import DocumentType, InvoiceStatus, SettledBy
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.ledger.models import CLEARING, Account, EntryKind, LedgerEntry, LedgerPosting, SourceType
from scaicontrol.services.payments.lifecycle import RefundState
from scaicontrol.services.payments.models import MANUAL, Dispute, DisputeMovement, Payment, Refund
from scaicontrol.services.wallets.models import LotSource, WalletLot, WalletUse, WalletUseKind

from .invariant import Invariant, Question

_SEALED: Final = Invoice.finalized_at.is_not(None)
_IN_FORCE: Final = and_(_SEALED, Invoice.status != InvoiceStatus.void)
_WAITS: Final = and_(Refund.status != RefundState.succeeded, Refund.released_at.is_(None))
_AT_BANK: Final = (MANUAL, "bank_transfer")
_LEAVES: Final = (WalletUseKind.refunded, WalletUseKind.expired)  # what is applied is posted by its invoice
Sums = Select[str, int] | Select[str | None, int]
_Key = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
_Source = Invoice | Settlement | CreditUse | Receivable | DisputeMovement | WalletLot | WalletUse
_Owned = Payment | Dispute | LedgerPosting | WalletLot


def _agree(says: Sums, counted: Sums) -> Question:
    """Give the keys of which two sums differ, also where one of them names no such key."""
    one, other = says.subquery("says"), counted.subquery("counted")
    sides = union_all(
        select(one.c[0].label("key"), one.c[1].label("says"), literal(0).label("counted")),
        select(other.c[0], literal(0), other.c[1]),
    ).subquery("sides")
    total, count = func.sum(sides.c.says), func.sum(sides.c.counted)
    return select(sides.c.key, total, count).group_by(sides.c.key).having(total != count)


def _posted(*accounts: str, by: _Key = LedgerEntry.invoice_id, sign: int = 1) -> Sums:
    entry = and_(LedgerEntry.id == LedgerPosting.entry_id, LedgerPosting.account.in_(accounts))
    return select(by, func.sum(LedgerPosting.amount_cents * sign)).join(LedgerPosting, entry).group_by(by)


def _balanced() -> Question:
    cents = func.sum(LedgerPosting.amount_cents)
    entry = LedgerEntry.id == LedgerPosting.entry_id
    return (
        select(LedgerEntry.id, literal(0), func.coalesce(cents, 0))
        .outerjoin(LedgerPosting, entry)
        .group_by(LedgerEntry.id)
        .having(or_(cents != 0, cents.is_(None)))
    )


def _missing(
    source: type[_Source], source_type: SourceType, kind: EntryKind | None, where: ColumnElement[bool]
) -> Question:
    posted = LedgerEntry.source_id == source.id, LedgerEntry.source_type == source_type
    of_kind = () if kind is None else (LedgerEntry.kind == kind,)
    return (
        select(source.id, literal(1), literal(0))
        .outerjoin(LedgerEntry, and_(*posted, *of_kind))
        .where(where, LedgerEntry.id.is_(None))
    )


def _unposted() -> Question:
    """What is over nothing moves nothing."""
    first = aliased(CreditUse)
    promises = select(first.id).where(first.kind == CreditUseKind.refunded)
    asks = or_(Invoice.subtotal_cents != 0, Invoice.tax_cents != 0)
    missing = union_all(
        _missing(Invoice, SourceType.document, EntryKind.document_finalized, and_(_SEALED, asks)),
        _missing(
            Invoice,
            SourceType.document,
            EntryKind.document_voided,
            and_(_SEALED, asks, Invoice.status == InvoiceStatus.void),
        ),
        _missing(
            Settlement,
            SourceType.settlement,
            None,
            or_(Settlement.amount_cents != 0, Settlement.unapplied_cents != 0),
        ),
        _missing(
            CreditUse,
            SourceType.credit_use,
            None,
            or_(CreditUse.kind == CreditUseKind.refunded, CreditUse.reverses_id.in_(promises)),
        ),
        _missing(Receivable, SourceType.receivable, EntryKind.receivable_opened, Receivable.amount_cents != 0),
        _missing(DisputeMovement, SourceType.dispute_movement, None, DisputeMovement.amount_cents != 0),
        _missing(WalletLot, SourceType.wallet_lot, None, WalletLot.amount_cents != 0),
        _missing(WalletUse, SourceType.wallet_use, None, WalletUse.kind.in_(_LEAVES)),
    ).subquery("missing")
    return select(*missing.c)


def _receivables() -> Question:
    due = select(Invoice.id, Invoice.amount_due_cents).where(_SEALED, Invoice.document_type == DocumentType.invoice)
    return _agree(due, _posted(Account.receivables))


def _earned(cents: InstrumentedAttribute[int], account: Account) -> Question:
    return _agree(select(Invoice.id, cents).where(_IN_FORCE), _posted(account, sign=-1))


def _credits() -> Question:
    left = select(Credit.invoice_id, func.sum(Credit.remaining_cents)).group_by(Credit.invoice_id)
    return _agree(left, _posted(Account.credit_balances, sign=-1))


def _promised() -> Question:
    waiting = select(Credit.invoice_id, func.sum(Refund.amount_cents)).join(Credit, Credit.id == Refund.credit_id)
    return _agree(waiting.where(_WAITS).group_by(Credit.invoice_id), _posted(Account.refunds, sign=-1))


def _beside() -> Question:
    left = select(Receivable.invoice_id, func.sum(Receivable.remaining_cents)).group_by(Receivable.invoice_id)
    return _agree(left, _posted(Account.other_receivables))


def _key(row: type[_Owned], account: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[str]:
    key: ColumnElement[str] = row.tenant_id + "/" + account + "/" + row.currency
    return key


def _clearing() -> Question:
    """What came by a provider and is not given back, taken back or withheld lies there, until it is paid out."""
    account = literal(CLEARING) + Payment.provider
    held = Payment.received_cents - Payment.returned_cents - Payment.lost_cents - Payment.refunded_cents
    came = select(_key(Payment, account).label("key"), held.label("cents")).where(Payment.provider.not_in(_AT_BANK))
    kept = (
        select(_key(Dispute, account), -Dispute.withheld_cents - Dispute.fee_cents)
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(Payment.provider.not_in(_AT_BANK))
    )
    both = union_all(came, kept).subquery("both")
    key = _key(LedgerPosting, LedgerPosting.account)
    posted = select(key, func.sum(LedgerPosting.amount_cents)).where(LedgerPosting.account.startswith(CLEARING))
    return _agree(select(both.c.key, both.c.cents), posted.group_by(key))


def _disputed() -> Question:
    says = select(Dispute.id, Dispute.withheld_cents + Dispute.fee_cents)
    return _agree(says, _posted(Account.disputes, Account.fees, by=LedgerEntry.about_id))


def _lost() -> Question:
    cents = func.sum(Settlement.amount_cents + Settlement.unapplied_cents)
    losses = select(Settlement.invoice_id, cents).where(Settlement.kind == SettledBy.write_off)
    return _agree(losses.group_by(Settlement.invoice_id), _posted(Account.write_offs))


def _by_key(account: Account, sign: int = 1) -> Sums:
    """Sum the postings of an account by whose they are: what moved for no document has none to be found by."""
    key, cents = _key(LedgerPosting, LedgerPosting.account), func.sum(LedgerPosting.amount_cents * sign)
    return select(key, cents).where(LedgerPosting.account == account).group_by(key)


def _wallets() -> Question:
    key = _key(WalletLot, literal(Account.wallet))
    left = select(key, func.sum(WalletLot.remaining_cents)).group_by(key)
    return _agree(left, _by_key(Account.wallet, sign=-1))


def _promotions() -> Question:
    """What was given and did not expire is the seller's expense."""
    key = _key(WalletLot, literal(Account.promotions))
    ended = select(WalletUse.lot_id, func.sum(WalletUse.amount_cents).label("cents"))
    expired = ended.where(WalletUse.kind == WalletUseKind.expired).group_by(WalletUse.lot_id).subquery("expired")
    cents = func.sum(WalletLot.amount_cents - func.coalesce(expired.c.cents, 0))
    given = select(key, cents).outerjoin(expired, expired.c.lot_id == WalletLot.id)
    return _agree(given.where(WalletLot.source == LotSource.promotion).group_by(key), _by_key(Account.promotions))


def _transfers() -> Question:
    key, cents = _key(LedgerPosting, LedgerPosting.account), func.sum(LedgerPosting.amount_cents)
    wanted = select(key, literal(0), cents).where(LedgerPosting.account == Account.transfers)
    return wanted.group_by(key).having(cents != 0)


RULES: Final = (
    Invariant("Every entry of the ledger sums to nothing", _balanced()),
    Invariant("What moved is in the ledger", _unposted()),
    Invariant("Receivables of the ledger are what invoices have open", _receivables()),
    Invariant("Revenue of the ledger is the net amount of documents", _earned(Invoice.subtotal_cents, Account.revenue)),
    Invariant("VAT of the ledger is the VAT of documents", _earned(Invoice.tax_cents, Account.vat_payable)),
    Invariant("Credit balances of the ledger are what credits have left", _credits()),
    Invariant("Refunds of the ledger are what waits to go back", _promised()),
    Invariant("Other receivables of the ledger are what is owed beside documents", _beside()),
    Invariant("Clearing of the ledger is what payments hold with their providers", _clearing()),
    Invariant("Disputes and fees of the ledger are what providers keep", _disputed()),
    Invariant("Write-offs of the ledger are the losses of documents", _lost()),
    Invariant("The wallet of the ledger is what lots have left", _wallets()),
    Invariant("Promotions of the ledger are what was given and did not expire", _promotions()),
    Invariant("Nothing is left between documents", _transfers()),
)
