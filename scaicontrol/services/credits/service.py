"""
The credit balance: what is granted, how it is used, and how a use is undone.

The steps here are taken inside the transactions of the verbs that settle documents and move money, which have
authorized; a surface reaches only `keep`. Each has locked the credit it changes.
"""

from typing import TypedDict

from scaicontrol.core.errors import Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import ledger
from scaicontrol.services.ledger.models import Account, EntryKind, SourceType

from . import queries, reads
from .events import (
    CreditApplied,
    CreditGranted,
    CreditKept,
    CreditOffset,
    CreditPaidBack,
    CreditRestored,
    CreditWithdrawn,
    ReceivableOpened,
    ReceivableSettled,
)
from .holding import refuse_held
from .models import Credit, CreditSource, CreditUse, CreditUseKind, Receivable, ReceivableSource
from .schemas import KeepIn, SettledWith


async def grant(
    uow: UnitOfWork,
    source: CreditSource,
    source_id: str,
    *,
    tenant_id: str,
    partner_id: str,
    currency: str,
    invoice_id: str,
    amount_cents: int,
) -> Credit:
    """Credit a tenant with what a document or a payment left over; the same source again changes nothing."""
    known = await reads.of_source(uow, source, source_id)
    if known is not None:
        return known
    credit = Credit(
        id=new_id("crd"),
        tenant_id=tenant_id,
        partner_id=partner_id,
        currency=currency,
        source=source,
        source_id=source_id,
        invoice_id=invoice_id,
        amount_cents=amount_cents,
        remaining_cents=amount_cents,
        is_kept=False,
        version=1,
    )
    uow.session.add(credit)
    uow.emit(
        CreditGranted(
            **_common(credit, amount_cents),
            source=source,
            source_id=source_id,
            invoice_id=invoice_id,
            credited_at=uow.now,
        ),
        after={"remaining_cents": amount_cents},
    )
    await uow.session.flush()
    return credit


async def apply(uow: UnitOfWork, credit: Credit, amount_cents: int, invoice_id: str) -> CreditUse:
    """Take a part of a credit for an invoice of the same seller, tenant and currency."""
    refuse_held(credit, "apply")
    use = _take(uow, credit, CreditUseKind.applied, amount_cents, invoice_id=invoice_id)
    uow.emit(
        CreditApplied(**_common(credit, amount_cents), use_id=use.id, invoice_id=invoice_id, applied_at=uow.now),
        after={"remaining_cents": credit.remaining_cents},
    )
    return use


async def promise(
    uow: UnitOfWork, credit: Credit, amount_cents: int, refund_id: str | None, reference: str | None = None
) -> CreditUse:
    """
    Hold a part of a credit for a refund, so that nobody else uses it while the provider is asked.

    A refund that goes after it was given up holds it anew; it has the `reference` then, since it is named once.
    """
    use = _take(uow, credit, CreditUseKind.refunded, amount_cents, refund_id=refund_id, reference=reference)
    _post_promise(uow, credit, EntryKind.refund_promised, use, None)
    return use


async def transfer(uow: UnitOfWork, credit: Credit, amount_cents: int, reference: str) -> CreditUse:
    """Take a part of a credit that was paid back outside any provider."""
    use = _take(uow, credit, CreditUseKind.transferred, amount_cents, reference=reference)
    tell_paid_back(uow, credit, use)
    return use


def tell_paid_back(uow: UnitOfWork, credit: Credit, use: CreditUse) -> None:
    """Tell that money went back: by a recorded transfer at once, by a refund when its provider has said so."""
    uow.emit(
        CreditPaidBack(
            **_common(credit, use.amount_cents),
            use_id=use.id,
            way="card" if use.kind == CreditUseKind.refunded else "transfer",
            refund_id=use.refund_id,
            reference=use.reference,
            paid_back_at=uow.now,
        ),
        after={"remaining_cents": credit.remaining_cents},
        reason=use.reference,
    )


async def restore(uow: UnitOfWork, credit: Credit, use: CreditUse, reason: str) -> CreditUse:
    """Undo a use: what it took is there again. A use is undone once; `reverses_id` is unique."""
    undone = _add(uow, credit, CreditUseKind.reversed, -use.amount_cents, reverses_id=use.id, reference=reason[:255])
    if use.kind == CreditUseKind.refunded:
        promised = await ledger.entry_of(uow, EntryKind.refund_promised, (SourceType.credit_use, use.id))
        _post_promise(uow, credit, EntryKind.refund_released, undone, promised)
    uow.emit(
        CreditRestored(
            **_common(credit, use.amount_cents), use_id=use.id, use=use.kind, reason=reason, restored_at=uow.now
        ),
        after={"remaining_cents": credit.remaining_cents},
        reason=reason,
    )
    return undone


async def withdraw(uow: UnitOfWork, credit: Credit, amount_cents: int, reason: str) -> CreditUse:
    """Take away a part of a credit whose document is void, or whose money went back."""
    use = _take(uow, credit, CreditUseKind.withdrawn, amount_cents, reference=reason[:255])
    uow.emit(
        CreditWithdrawn(**_common(credit, amount_cents), use_id=use.id, reason=reason, withdrawn_at=uow.now),
        after={"remaining_cents": credit.remaining_cents},
        reason=reason,
    )
    return use


async def offset(uow: UnitOfWork, credit: Credit, amount_cents: int, receivable: Receivable) -> CreditUse:
    """Take a part of a credit for what its tenant owes beside its documents."""
    use = _take(uow, credit, CreditUseKind.offset, amount_cents, reference=receivable.id)
    uow.emit(
        CreditOffset(**_common(credit, amount_cents), use_id=use.id, receivable_id=receivable.id, offset_at=uow.now),
        after={"remaining_cents": credit.remaining_cents},
    )
    return use


async def owe(
    uow: UnitOfWork,
    source: ReceivableSource,
    source_id: str,
    *,
    tenant_id: str,
    partner_id: str,
    currency: str,
    invoice_id: str,
    amount_cents: int,
) -> Receivable:
    """Note that a tenant has money of the seller's that no document asks for; each source has a name of its own."""
    receivable = Receivable(
        id=new_id("rcv"),
        tenant_id=tenant_id,
        partner_id=partner_id,
        currency=currency,
        source=source,
        source_id=source_id,
        invoice_id=invoice_id,
        amount_cents=amount_cents,
        remaining_cents=amount_cents,
        written_off_cents=0,
        version=1,
    )
    uow.session.add(receivable)
    _post_owed(uow, receivable, EntryKind.receivable_opened, receivable.id, amount_cents)
    uow.emit(
        ReceivableOpened(**_owed(receivable, amount_cents), source=source, source_id=source_id, opened_at=uow.now),
        after={"remaining_cents": amount_cents},
    )
    await uow.session.flush()
    return receivable


def lower(
    uow: UnitOfWork, receivable: Receivable, amount_cents: int, way: SettledWith, reference: str | None = None
) -> None:
    """Settle a part of what a tenant owes; the caller holds it locked and has posted what settles it."""
    if not 0 < amount_cents <= receivable.remaining_cents:
        raise Refused(
            f"Cannot settle {amount_cents} of {receivable}: {receivable.remaining_cents} {receivable.currency} cents "
            "remain."
        )
    before = receivable.remaining_cents
    receivable.remaining_cents -= amount_cents
    if way is SettledWith.write_off:
        receivable.written_off_cents += amount_cents
    _tell_settled(uow, receivable, amount_cents, way, reference, before)
    step = f"{receivable.id}:{receivable.version}"
    _post_owed(uow, receivable, EntryKind.receivable_settled, step, -amount_cents)


def make_good(uow: UnitOfWork, receivable: Receivable, amount_cents: int, reference: str | None = None) -> None:
    """Money came for what was written off: it takes the place of the loss; the caller has posted both."""
    receivable.written_off_cents -= amount_cents
    _tell_settled(uow, receivable, amount_cents, SettledWith.money, reference, receivable.remaining_cents)


def _tell_settled(
    uow: UnitOfWork, receivable: Receivable, amount_cents: int, way: SettledWith, reference: str | None, before: int
) -> None:
    receivable.version += 1
    uow.emit(
        ReceivableSettled(
            **_owed(receivable, amount_cents),
            way=way,
            reference=reference,
            version=receivable.version,
            settled_at=uow.now,
        ),
        before={"remaining_cents": before},
        after={"remaining_cents": receivable.remaining_cents},
        reason=reference,
    )


@verb
async def keep(uow: UnitOfWork, credit_id: str, body: KeepIn) -> Credit:
    """
    Keep a credit from being applied to the next invoice by itself, or let that happen again.

    Raises NotFound, and Refused where nothing of it remains.
    """
    uow.authorize("credits:keep")
    credit = await queries.get(uow, credit_id, lock=True)
    if credit.remaining_cents == 0:
        raise Refused(f"Cannot keep {credit}: nothing of it remains.")
    if credit.is_kept == body.is_kept:
        return credit
    credit.is_kept = body.is_kept
    credit.version += 1
    uow.emit(
        CreditKept(**_common(credit, credit.amount_cents), is_kept=credit.is_kept, version=credit.version),
        before={"is_kept": not credit.is_kept},
        after={"is_kept": credit.is_kept},
        reason=body.reason,
    )
    return credit


def _take(
    uow: UnitOfWork,
    credit: Credit,
    kind: CreditUseKind,
    amount_cents: int,
    *,
    invoice_id: str | None = None,
    refund_id: str | None = None,
    reference: str | None = None,
) -> CreditUse:
    if amount_cents <= 0 or amount_cents > credit.remaining_cents:
        raise Refused(
            f"Cannot take {amount_cents} of {credit}: {credit.remaining_cents} {credit.currency} cents remain."
        )
    return _add(uow, credit, kind, amount_cents, invoice_id=invoice_id, refund_id=refund_id, reference=reference)


def _add(
    uow: UnitOfWork,
    credit: Credit,
    kind: CreditUseKind,
    amount_cents: int,
    *,
    invoice_id: str | None = None,
    refund_id: str | None = None,
    reverses_id: str | None = None,
    reference: str | None = None,
) -> CreditUse:
    credit.remaining_cents -= amount_cents
    credit.version += 1
    use = CreditUse(
        id=new_id("cru"),
        tenant_id=credit.tenant_id,
        partner_id=credit.partner_id,
        credit_id=credit.id,
        kind=kind,
        amount_cents=amount_cents,
        invoice_id=invoice_id,
        refund_id=refund_id,
        reverses_id=reverses_id,
        reference=reference,
        recorded_by=uow.actor.id,
    )
    uow.session.add(use)
    return use


def _post_promise(uow: UnitOfWork, credit: Credit, kind: EntryKind, use: CreditUse, reverses_id: str | None) -> None:
    """Post that a part of a credit is on its way back, or no longer: it belongs to a refund meanwhile."""
    ledger.post(
        uow,
        ledger.Books(credit.tenant_id, credit.partner_id, credit.currency, credit.invoice_id),
        kind,
        (SourceType.credit_use, use.id),
        uow.now,
        (Account.credit_balances, use.amount_cents),
        (Account.refunds, -use.amount_cents),
        about_id=credit.id,
        reverses_id=reverses_id,
    )


def _post_owed(uow: UnitOfWork, receivable: Receivable, kind: EntryKind, source_id: str, cents: int) -> None:
    """Post what is owed beside documents: what settles it, or had left it, stands on the tenant's credit balance."""
    ledger.post(
        uow,
        ledger.Books(receivable.tenant_id, receivable.partner_id, receivable.currency, receivable.invoice_id),
        kind,
        (SourceType.receivable, source_id),
        uow.now,
        (Account.other_receivables, cents),
        (Account.credit_balances, -cents),
        about_id=receivable.id,
    )


class _Common(TypedDict):
    """What every fact of a credit says."""

    credit_id: str
    tenant_id: str
    partner_id: str
    currency: str
    amount_cents: int
    remaining_cents: int


def _common(credit: Credit, amount_cents: int) -> _Common:
    return {
        "credit_id": credit.id,
        "tenant_id": credit.tenant_id,
        "partner_id": credit.partner_id,
        "currency": credit.currency,
        "amount_cents": amount_cents,
        "remaining_cents": credit.remaining_cents,
    }


class _Owed(TypedDict):
    """What every fact of a receivable says."""

    receivable_id: str
    tenant_id: str
    partner_id: str
    invoice_id: str
    currency: str
    amount_cents: int
    remaining_cents: int


def _owed(receivable: Receivable, amount_cents: int) -> _Owed:
    return {
        "receivable_id": receivable.id,
        "tenant_id": receivable.tenant_id,
        "partner_id": receivable.partner_id,
        "invoice_id": receivable.invoice_id,
        "currency": receivable.currency,
        "amount_cents": amount_cents,
        "remaining_cents": receivable.remaining_cents,
    }
