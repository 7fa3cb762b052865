"""
What other features ask the ledger for, by name.

No permission of their own: the caller has authorized, and the session shows what its actor may see.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select

from scaicontrol.core.work import UnitOfWork

from .models import CLEARING, Account, LedgerEntry, LedgerPosting, SourceType

Posted = Mapping[str, Mapping[str, int]]  # by source, what each account moved by


async def posted_by(uow: UnitOfWork, source_type: SourceType, source_ids: Collection[str]) -> Posted:
    """Give what these sources were posted as; one that was not is left out."""
    query = (
        select(LedgerEntry.source_id, LedgerPosting.account, LedgerPosting.amount_cents)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .where(LedgerEntry.source_type == source_type, LedgerEntry.source_id.in_(source_ids))
    )
    posted: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source_id, account, cents in await uow.session.execute(query):
        posted[source_id][account] += cents
    return posted


def is_money(account: str) -> bool:
    """Tell whether money lies on an account: with a provider, or at the bank."""
    return account == Account.bank or account.startswith(CLEARING)
