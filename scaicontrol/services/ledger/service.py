"""
Posting: each movement of money, and of what is owed, on two accounts at least that sum to nothing.

These are steps inside the transactions of the verbs that move money, which have authorized; nothing here is a verb of
its own, so that no surface can post by hand.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from scaicontrol.core.ids import new_id
from scaicontrol.core.work import UnitOfWork

from .models import CLEARING, Account, EntryKind, LedgerEntry, LedgerPosting, SourceType

_BANK: Final = frozenset({None, "manual", "bank_transfer"})


class Unbalanced(RuntimeError):
    """An entry does not sum to nothing. A fault of the program, never an answer for a caller."""


@dataclass(frozen=True, slots=True)
class Books:
    """Whose books an entry stands in, and the document it tells of, where it tells of one."""

    tenant_id: str
    partner_id: str
    currency: str
    invoice_id: str | None


def clearing_of(provider: str | None) -> str:
    """Name the account that holds the money of a provider; what came outside any is on the bank's."""
    return Account.bank if provider in _BANK else f"{CLEARING}{provider}"


def post(
    uow: UnitOfWork,
    books: Books,
    kind: EntryKind,
    source: tuple[SourceType, str],
    occurred_at: datetime,
    *sides: tuple[str, int],
    about_id: str | None = None,
    reverses_id: str | None = None,
) -> None:
    """
    Write an entry with its sides, (account, cents): debit is more than nothing. Sides over nothing are left out.

    Written with the next flush, all entries of it in two statements. Raises Unbalanced.
    """
    moved = [(account, cents) for account, cents in sides if cents]
    if sum(cents for _, cents in moved):
        raise Unbalanced(f"{kind} of {source[1]} does not sum to nothing: {moved}.")
    if not moved:
        return
    common = {
        "tenant_id": books.tenant_id, "partner_id": books.partner_id, "currency": books.currency,
        "occurred_at": occurred_at,
    }  # fmt: skip
    entry_id = new_id("led")
    uow.session.add(
        LedgerEntry(
            id=entry_id,
            kind=kind,
            source_type=source[0],
            source_id=source[1],
            invoice_id=books.invoice_id,
            about_id=about_id,
            reverses_id=reverses_id,
            postings=[
                LedgerPosting(entry_id=entry_id, position=place, account=account, amount_cents=cents, **common)
                for place, (account, cents) in enumerate(moved, 1)
            ],
            **common,
        )
    )


async def entry_of(uow: UnitOfWork, kind: EntryKind, source: tuple[SourceType, str]) -> str | None:
    """Find the id of the entry that a source was posted by, so that its reversal can name it."""
    found: str | None = await uow.session.scalar(
        select(LedgerEntry.id).where(
            LedgerEntry.source_id == source[1], LedgerEntry.source_type == source[0], LedgerEntry.kind == kind
        )
    )
    return found
