"""
Wallets: money paid in, money given, and what becomes of either.

`apply` and `restore` are steps inside the transactions of invoices, which have authorized; the invoice posts them with
its settlement. Each has locked the lot it changes.
"""

from datetime import datetime, timedelta
from typing import Final, TypedDict

from scaicontrol.core import claims
from scaicontrol.core.errors import Refused, invalid
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import ledger, tenants
from scaicontrol.services.ledger.models import Account, EntryKind, SourceType

from . import queries
from .events import WalletApplied, WalletExpired, WalletGranted, WalletRefunded, WalletRestored, WalletToppedUp
from .models import LotSource, WalletLot, WalletUse, WalletUseKind
from .schemas import GrantIn, TopUpIn, WalletExpireIn, WalletRefundIn

_BATCH: Final = 500
_PAID_PRIORITY: Final = 100
_DAY_CAME: Final = "Its day has come."


@verb
async def top_up(uow: UnitOfWork, body: TopUpIn) -> WalletLot:
    """
    Record money that a tenant paid in beforehand, outside any provider; it is a liability and no sale, so without VAT.

    Raises NotFound, and Invalid for a moment that is yet to come.
    """
    uow.authorize("wallets:top_up")
    if body.received_at.date() > uow.now.date() + timedelta(days=1):
        moment = f"{body.received_at:%Y-%m-%d}"
        raise invalid("received_at", f"{moment} is yet to come; say when the money came.", "moment_in_future")
    lot = await _opened(
        uow, LotSource.transfer, body, priority=_PAID_PRIORITY, expires_at=None, at=body.received_at, why=body.reference
    )
    _post_lot(uow, lot, EntryKind.wallet_topped_up, Account.bank)
    uow.emit(
        WalletToppedUp(**_common(lot, lot.amount_cents), reference=lot.reference, received_at=lot.received_at),
        after={"remaining_cents": lot.remaining_cents},
        reason=lot.reference,
    )
    await uow.session.flush()
    return lot


@verb
async def grant(uow: UnitOfWork, body: GrantIn) -> WalletLot:
    """
    Give a tenant money for invoices to come, at the seller's expense; it expires, and is never paid back.

    Raises NotFound, and Invalid for an end that has passed.
    """
    uow.authorize("wallets:grant")
    if body.expires_at <= uow.now:
        raise invalid("expires_at", f"{body.expires_at:%Y-%m-%d %H:%M} UTC has passed; name a moment to come.")
    lot = await _opened(
        uow,
        LotSource.promotion,
        body,
        priority=body.priority,
        expires_at=body.expires_at,
        at=uow.now,
        why=body.reason,
    )
    _post_lot(uow, lot, EntryKind.wallet_granted, Account.promotions)
    uow.emit(
        WalletGranted(
            **_common(lot, lot.amount_cents), reference=lot.reference, expires_at=body.expires_at, given_at=uow.now
        ),
        after={"remaining_cents": lot.remaining_cents},
        reason=lot.reference,
    )
    await uow.session.flush()
    return lot


async def _opened(
    uow: UnitOfWork,
    source: LotSource,
    body: TopUpIn | GrantIn,
    *,
    priority: int,
    expires_at: datetime | None,
    at: datetime,
    why: str,
) -> WalletLot:
    tenant = await tenants.get(uow, body.tenant_id)
    lot = WalletLot(
        id=new_id("wlt"),
        tenant_id=tenant.id,
        partner_id=tenant.partner_id,
        currency=body.currency,
        source=source,
        amount_cents=body.amount_cents,
        remaining_cents=body.amount_cents,
        priority=priority,
        expires_at=expires_at,
        received_at=at,
        reference=why,
        recorded_by=uow.actor.id,
        version=1,
    )
    uow.session.add(lot)
    return lot


@verb
async def refund(uow: UnitOfWork, lot_id: str, body: WalletRefundIn) -> WalletLot:
    """
    Record a transfer that paid back what a tenant had paid in, all that remains or a part of it.

    Raises NotFound, and Refused for what was given, and for more than remains.
    """
    uow.authorize("wallets:refund")
    lot = await queries.get(uow, lot_id, lock=True)
    if not lot.is_paid:
        raise Refused(f"Cannot pay {lot} back: the seller gave it, nobody paid for it; let it expire.")
    wanted = lot.remaining_cents if body.amount_cents is None else body.amount_cents
    use = _take(uow, lot, WalletUseKind.refunded, wanted, reference=body.reference)
    _post_use(uow, lot, use, EntryKind.wallet_refunded, Account.bank)
    uow.emit(
        WalletRefunded(**_common(lot, use.amount_cents), use_id=use.id, reference=body.reference, refunded_at=uow.now),
        after={"remaining_cents": lot.remaining_cents},
        reason=body.reference,
    )
    await uow.session.flush()
    return lot


@verb
async def expire(uow: UnitOfWork, lot_id: str, body: WalletExpireIn) -> WalletLot:
    """
    End what was given before its day, for a reason; what was used of it stays used.

    Raises NotFound, and Refused for what was paid in, and where nothing is left.
    """
    uow.authorize("wallets:expire")
    lot = await queries.get(uow, lot_id, lock=True)
    if lot.is_paid:
        raise Refused(f"Cannot let {lot} expire: it was paid in; pay it back.")
    if lot.remaining_cents == 0:
        raise Refused(f"Cannot let {lot} expire: nothing is left of it.")
    _expire(uow, lot, body.reason)
    await uow.session.flush()
    return lot


async def expire_due(uow: UnitOfWork, limit: int = _BATCH) -> int:
    """End what was given and whose day has come, and count it; call again while it gives `limit`."""
    uow.authorize("wallets:sweep")
    due = await claims.take(
        uow,
        WalletLot,
        WalletLot.expires_at <= uow.now,
        WalletLot.remaining_cents > 0,
        oldest=[WalletLot.expires_at],
        limit=limit,
    )
    for lot in due:
        _expire(uow, lot, _DAY_CAME)
    return len(due)


def _expire(uow: UnitOfWork, lot: WalletLot, reason: str) -> None:
    use = _take(uow, lot, WalletUseKind.expired, lot.remaining_cents, reference=reason)
    _post_use(uow, lot, use, EntryKind.wallet_expired, Account.promotions)
    uow.emit(
        WalletExpired(**_common(lot, use.amount_cents), use_id=use.id, reason=reason, expired_at=uow.now),
        after={"remaining_cents": lot.remaining_cents},
        reason=reason,
    )


async def apply(uow: UnitOfWork, lot: WalletLot, amount_cents: int, invoice_id: str) -> WalletUse:
    """Take a part of a lot for an invoice of the same seller, tenant and currency."""
    use = _take(uow, lot, WalletUseKind.applied, amount_cents, invoice_id=invoice_id)
    uow.emit(
        WalletApplied(**_common(lot, amount_cents), use_id=use.id, invoice_id=invoice_id, applied_at=uow.now),
        after={"remaining_cents": lot.remaining_cents},
    )
    return use


async def restore(uow: UnitOfWork, lot: WalletLot, use: WalletUse, amount_cents: int, reason: str) -> WalletUse:
    """Undo all or a part of a use; what is given back of an expired lot expires with the next sweep."""
    undone = _add(uow, lot, WalletUseKind.restored, -amount_cents, reverses_id=use.id, reference=reason[:255])
    uow.emit(
        WalletRestored(
            **_common(lot, amount_cents), use_id=undone.id, reverses_id=use.id, reason=reason, restored_at=uow.now
        ),
        after={"remaining_cents": lot.remaining_cents},
        reason=reason,
    )
    return undone


def _take(
    uow: UnitOfWork,
    lot: WalletLot,
    kind: WalletUseKind,
    amount_cents: int,
    *,
    invoice_id: str | None = None,
    reference: str | None = None,
) -> WalletUse:
    if amount_cents <= 0 or amount_cents > lot.remaining_cents:
        raise Refused(f"Cannot take {amount_cents} of {lot}: {lot.remaining_cents} {lot.currency} cents remain.")
    return _add(uow, lot, kind, amount_cents, invoice_id=invoice_id, reference=reference)


def _add(
    uow: UnitOfWork,
    lot: WalletLot,
    kind: WalletUseKind,
    amount_cents: int,
    *,
    invoice_id: str | None = None,
    reverses_id: str | None = None,
    reference: str | None = None,
) -> WalletUse:
    lot.remaining_cents -= amount_cents
    lot.version += 1
    use = WalletUse(
        id=new_id("wlu"),
        tenant_id=lot.tenant_id,
        partner_id=lot.partner_id,
        lot_id=lot.id,
        kind=kind,
        amount_cents=amount_cents,
        invoice_id=invoice_id,
        reverses_id=reverses_id,
        reference=reference,
        recorded_by=uow.actor.id,
    )
    uow.session.add(use)
    return use


def _post_lot(uow: UnitOfWork, lot: WalletLot, kind: EntryKind, account: Account) -> None:
    """Post what came into a wallet: the seller owes it, against money or at its own expense."""
    source, sides = (SourceType.wallet_lot, lot.id), ((account, lot.amount_cents), (Account.wallet, -lot.amount_cents))
    ledger.post(uow, _books(lot), kind, source, lot.received_at, *sides, about_id=lot.id)


def _post_use(uow: UnitOfWork, lot: WalletLot, use: WalletUse, kind: EntryKind, account: Account) -> None:
    """Post what left a wallet for no invoice."""
    source, sides = (SourceType.wallet_use, use.id), ((Account.wallet, use.amount_cents), (account, -use.amount_cents))
    ledger.post(uow, _books(lot), kind, source, uow.now, *sides, about_id=lot.id)


def _books(lot: WalletLot) -> ledger.Books:
    return ledger.Books(lot.tenant_id, lot.partner_id, lot.currency, None)


class _LotFact(TypedDict):
    """What every fact of a lot says."""

    lot_id: str
    tenant_id: str
    partner_id: str
    source: str
    currency: str
    amount_cents: int
    remaining_cents: int


def _common(lot: WalletLot, amount_cents: int) -> _LotFact:
    return {
        "lot_id": lot.id,
        "tenant_id": lot.tenant_id,
        "partner_id": lot.partner_id,
        "source": lot.source,
        "currency": lot.currency,
        "amount_cents": amount_cents,
        "remaining_cents": lot.remaining_cents,
    }
