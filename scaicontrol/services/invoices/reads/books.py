"""
What the books are kept of: documents, and the money that moved for them, as questions to be narrowed and asked.

Accounting adds what only it knows (which of them it has seen) and asks each in one statement.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select

from ..lifecycle import AS_PAID, SettledBy
from ..models import Invoice, Settlement

_DOCUMENT = [getattr(Invoice, name) for name in ("id", "document_type", "number", "issue_date", "finalized_at")]


def documents(
    partner_id: str,
    *,
    since: datetime | None = None,
    issued: tuple[date, date] | None = None,
    newest_first: bool = False,
) -> Select[Any]:
    """
    Select what is known of finalized documents, in the order of finalizing; what they say is read afterwards.

    `since` is of the moment of finalizing, `issued` the first and the last day of issue.
    """
    query = select(*_DOCUMENT).where(Invoice.partner_id == partner_id, Invoice.finalized_at.is_not(None))
    if since is not None:
        query = query.where(Invoice.finalized_at >= since)
    if issued is not None:
        query = query.where(Invoice.issue_date >= issued[0], Invoice.issue_date <= issued[1])
    at, key = Invoice.finalized_at, Invoice.id
    return query.order_by(at.desc(), key.desc()) if newest_first else query.order_by(at, key)


def voided(
    partner_id: str, *, since: datetime | None = None, between: tuple[datetime, datetime] | None = None
) -> Select[Any]:
    """Select what is known of finalized documents that were voided `since`, or `between` two moments, in that order."""
    query = select(*_DOCUMENT, Invoice.voided_at).where(
        Invoice.partner_id == partner_id, Invoice.finalized_at.is_not(None), Invoice.voided_at.is_not(None)
    )
    if since is not None:
        query = query.where(Invoice.voided_at >= since)
    if between is not None:
        query = query.where(Invoice.voided_at >= between[0], Invoice.voided_at < between[1])
    return query.order_by(Invoice.voided_at, Invoice.id)


def movements(
    partner_id: str,
    *,
    since: datetime | None = None,
    settled: tuple[datetime, datetime] | None = None,
    newest_first: bool = False,
) -> Select[Settlement]:
    """
    Select the money that moved, losses, what was taken of wallets, and credit of money that was used, as it was booked.

    An allocated credit note moved none: it stands with its debtor from its own booking on. `since` is of the moment of
    booking, `settled` the moments between which the money moved, the second excluded.
    """
    booked = Settlement.kind.in_(AS_PAID | {SettledBy.wallet})
    of_credit = (Settlement.kind == SettledBy.credit) & (Settlement.unapplied_cents != 0)
    query = select(Settlement).where(Settlement.partner_id == partner_id, or_(booked, of_credit))
    if since is not None:
        query = query.where(Settlement.created_at >= since)
    if settled is not None:
        query = query.where(Settlement.settled_at >= settled[0], Settlement.settled_at < settled[1])
    at, key = Settlement.created_at, Settlement.id
    return query.order_by(at.desc(), key.desc()) if newest_first else query.order_by(at, key)
