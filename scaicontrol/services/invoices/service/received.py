"""What a tenant has with its seller that an invoice takes with its seal: credit first, then the wallet."""

from dataclasses import dataclass

from scaicontrol.core.errors import Conflict
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import wallets
from scaicontrol.services.credits.reads import available_cents as credit_left
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.wallets import reads

from ..lifecycle import SettledBy
from ..models import Invoice
from .balance import apply_at_issue
from .settle import Movement, post


@dataclass(frozen=True, slots=True)
class Taken:
    """How much an invoice takes of either."""

    credit_cents: int = 0
    wallet_cents: int = 0

    def with_prepaid(self, invoice: Invoice) -> int | None:
        """Add up what the document says was received before; nothing stays unsaid, so that no seal changes."""
        cents = self.credit_cents + self.wallet_cents
        return (invoice.prepaid_cents or 0) + cents if cents else invoice.prepaid_cents


async def to_take(uow: UnitOfWork, invoice: Invoice, settings: PartnerConfiguration, total_cents: int) -> Taken:
    """Tell how much of what the tenant has an invoice takes: what the seller uses by itself, up to what is due."""
    key = (invoice.partner_id, invoice.tenant_id, invoice.currency)
    due = max(total_cents - (invoice.prepaid_cents or 0), 0)
    credit = wallet = 0
    if due and settings.auto_apply_credit:
        credit = min(await credit_left(uow, *key, automatic=True), due)
    if due > credit and settings.auto_apply_wallet:
        wallet = min(await reads.available_cents(uow, *key), due - credit)
    return Taken(credit, wallet)


async def take(uow: UnitOfWork, invoice: Invoice, taken: Taken) -> None:
    """Use what an invoice says was received before, with its seal."""
    if taken.credit_cents:
        await apply_at_issue(uow, invoice, taken.credit_cents)
    left = taken.wallet_cents
    if not left:
        return
    for lot in await reads.open_lots(uow, invoice.partner_id, invoice.tenant_id, invoice.currency):
        part = min(lot.remaining_cents, left)
        if part > 0:
            use = await wallets.apply(uow, lot, part, invoice.id)
            post(uow, invoice, Movement(SettledBy.wallet, use.id, part, uow.now, lot.id), part, 0)
            left -= part
    if left:  # the gate saw it, and the lots are locked only now
        raise Conflict(f"{invoice} takes {left} cents more than the wallet has left; check it again.")


async def undo_wallet(uow: UnitOfWork, invoice: Invoice, reason: str) -> None:
    """Give back to the wallet what was applied to an invoice."""
    for use, cents in await reads.applied_to(uow, invoice.id):
        lot = await reads.lot(uow, use.lot_id)
        undone = await wallets.restore(uow, lot, use, cents, reason)
        post(uow, invoice, Movement(SettledBy.wallet, undone.id, -cents, uow.now, lot.id), -cents, 0)
