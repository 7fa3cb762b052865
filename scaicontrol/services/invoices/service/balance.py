"""What a tenant's credit balance does to documents: applied to an invoice, given back, paid back, taken away."""

from datetime import datetime

from scaicontrol.core.errors import Conflict, Refused
from scaicontrol.core.refusals import RefusalCode, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import credits
from scaicontrol.services.credits import reads
from scaicontrol.services.credits.models import Credit, CreditSource, CreditUse, Receivable, ReceivableSource
from scaicontrol.services.credits.schemas import ReceivableSettleIn, SettledWith

from .. import queries
from ..lifecycle import MONEY, OWED, SettledBy
from ..models import Invoice
from ..schemas import ApplyCreditIn
from .settle import Movement, Settled, grant, lower_owed, post, post_once, write_off


@verb
async def apply_credit(uow: UnitOfWork, invoice_id: str, data: ApplyCreditIn) -> Invoice:
    """
    Let credit of the same seller, tenant and currency settle an open invoice, oldest first and never more than is due.

    Without an amount as much as there is; a named credit alone is used where one is named.

    Raises NotFound, and Refused where nothing is due, where there is no such credit, and for more than either.
    """
    uow.authorize("credits:apply")
    invoice = await queries.get(uow, invoice_id, lock=True)
    if invoice.is_credit_note or invoice.status not in OWED or invoice.amount_due_cents <= 0:
        what = "a credit note" if invoice.is_credit_note else invoice.status.replace("_", " ")
        raise refused(RefusalCode.nothing_due, f"Cannot apply credit to {invoice}: it is {what}, and nothing is due.")
    found = [await _fitting(uow, invoice, data.credit_id)] if data.credit_id else await _open(uow, invoice)
    available = sum(credit.remaining_cents for credit in found)
    wanted = min(available, invoice.amount_due_cents) if data.amount_cents is None else data.amount_cents
    if wanted > invoice.amount_due_cents:
        raise refused(
            RefusalCode.nothing_due,
            f"Cannot apply {wanted} to {invoice}: only {invoice.amount_due_cents} cents are due.",
        )
    if available < max(wanted, 1):
        raise refused(
            RefusalCode.credit_used_up,
            f"Cannot apply {wanted or 'credit'} to {invoice}: {available} {invoice.currency} cents of credit are left.",
        )
    await _use(uow, invoice, found, wanted)
    return invoice


async def _fitting(uow: UnitOfWork, invoice: Invoice, credit_id: str) -> Credit:
    credit = await credits.get(uow, credit_id, lock=True)
    for name in ("partner_id", "tenant_id", "currency"):
        if getattr(credit, name) != getattr(invoice, name):
            raise Refused(f"Cannot apply {credit} to {invoice}: it is of another {name.removesuffix('_id')}.")
    return credit


async def _open(uow: UnitOfWork, invoice: Invoice, *, automatic: bool = False) -> list[Credit]:
    key = (invoice.partner_id, invoice.tenant_id, invoice.currency)
    return list(await reads.open_credits(uow, *key, automatic=automatic))


async def apply_at_issue(uow: UnitOfWork, invoice: Invoice, cents: int) -> None:
    """Use the credit that an invoice says was received before, with its seal."""
    await _use(uow, invoice, await _open(uow, invoice, automatic=True), cents)


async def _use(uow: UnitOfWork, invoice: Invoice, found: list[Credit], wanted: int) -> None:
    left = wanted
    for credit in found:
        part = min(credit.remaining_cents, left)
        if part <= 0:
            continue
        left -= part
        use = await credits.apply(uow, credit, part, invoice.id)
        await _post_both(uow, invoice, credit, use.id, part)
    if left:
        raise refused(
            RefusalCode.credit_used_up, f"Cannot apply {wanted} to {invoice}: {wanted - left} cents of credit are left."
        )


async def _post_both(uow: UnitOfWork, invoice: Invoice, credit: Credit, source_id: str, cents: int) -> None:
    """
    Write on an invoice what a credit settles of it, and on the document the credit came about by that it is gone there.

    What a credit note gives is its total; of an overpaid invoice it is the money that stood unapplied.
    """
    if credit.invoice_id == invoice.id:  # overpaid, and reopened since
        post(uow, invoice, Movement(SettledBy.credit, source_id, cents, uow.now, invoice.number), cents, -cents)
        return
    origin = await queries.get(uow, credit.invoice_id, lock=True)
    post(uow, invoice, Movement(SettledBy.credit, source_id, cents, uow.now, origin.number), cents, 0)
    parts = (-cents, 0) if origin.is_credit_note else (0, -cents)
    post(uow, origin, Movement(SettledBy.credit, source_id, -cents, uow.now, invoice.number), *parts)


async def undo_applied(uow: UnitOfWork, invoice: Invoice, reason: str) -> None:
    """Give the credit back that was applied to an invoice."""
    for use in await reads.applied_to(uow, invoice.id):
        await _undo(uow, invoice, await credits.get(uow, use.credit_id, lock=True), use, reason)


async def _undo(uow: UnitOfWork, invoice: Invoice, credit: Credit, use: CreditUse, reason: str) -> None:
    undone = await credits.restore(uow, credit, use, reason)
    await _post_both(uow, invoice, credit, undone.id, -use.amount_cents)


async def record_paid_back(
    uow: UnitOfWork,
    credit: Credit,
    *,
    source_id: str,
    amount_cents: int,
    paid_at: datetime,
    reference: str | None = None,
    method: str | None = None,
    provider: str | None = None,
) -> None:
    """
    Book money that was given back for a credit on the document it came about by; the same source again changes nothing.

    With a `reference` a person paid it back outside any provider. Less than nothing is money that came back to us: a
    refund that failed after all.
    """
    origin = await queries.get(uow, credit.invoice_id, lock=True)
    kind = SettledBy.manual if method else SettledBy.payment
    movement = Movement(kind, source_id, -amount_cents, paid_at, reference, method, provider, is_refund=not method)
    parts = (-amount_cents, 0) if origin.is_credit_note else (0, -amount_cents)
    await post_once(uow, origin, movement, *parts)


async def reverse_payment(  # noqa: PLR0913  what a reversal consists of
    uow: UnitOfWork,
    invoice_id: str,
    *,
    payment_id: str,
    reversal_id: str,
    amount_cents: int,
    reversed_at: datetime,
    reason: str,
    method: str | None = None,
    provider: str | None = None,
    as_loss: bool = False,
) -> Settled:
    """
    Book that money of a payment went back to the payer; the same reversal again changes nothing.

    First what the payment had left over is taken away, as far as it was not paid back: where it was applied, that is
    undone, newest first. The rest reopens the invoice, or `as_loss` leaves it settled at the seller's cost.
    `applied_cents` says how much of it was settled with that money, negative; `unapplied_cents` what was taken
    otherwise, negative: credit, or what had been paid out already, which the tenant owes beside the invoice from now
    on. A payment that came in parts has a booking for each, `<payment>:<n>`.
    """
    uow.authorize("payments:pay")
    invoice = await queries.get(uow, invoice_id, lock=True)
    rows = await queries.settlements(uow, invoice)
    known = next((row for row in rows if row.source_id == reversal_id), None)
    if known is not None:
        return Settled(invoice, known.amount_cents, known.unapplied_cents)
    booked = [row for row in rows if row.kind in MONEY and f"{row.source_id}:".startswith(f"{payment_id}:")]
    if not booked:
        raise Refused(f"Cannot reverse payment {payment_id} of {invoice}: it was never booked there.")
    taken = 0
    for row in reversed(booked):
        if (credit := await reads.of_payment(uow, row.source_id)) is not None and taken < amount_cents:
            taken += await _take_away(uow, credit, amount_cents - taken, reason)
    # A part may have been reversed before; more than the payment settled never reopens an invoice.
    settled = max(invoice.amount_paid_cents, 0) if invoice.status != "void" else 0
    back = max(0, min(amount_cents - taken, sum(row.amount_cents for row in booked), settled))
    beyond = amount_cents - taken - back
    if as_loss and back + beyond:
        write_off(uow, invoice, reversal_id, back, beyond, reason)
    movement = Movement(SettledBy.reversal, reversal_id, -amount_cents, reversed_at, reason[:255], method, provider)
    post(uow, invoice, movement, -back, back - amount_cents)
    if beyond and not as_loss:  # its credit was paid out already: the tenant has that money twice
        await owe(uow, invoice, ReceivableSource.taken_back, reversal_id, beyond)
    return Settled(invoice, -back, back - amount_cents)


async def owe(uow: UnitOfWork, invoice: Invoice, source: ReceivableSource, source_id: str, cents: int) -> None:
    """Note what a tenant owes beside an invoice; the caller has posted the money that went as unapplied."""
    await credits.owe(
        uow,
        source,
        source_id,
        tenant_id=invoice.tenant_id,
        partner_id=invoice.partner_id,
        currency=invoice.currency,
        invoice_id=invoice.id,
        amount_cents=cents,
    )


async def record_paid_back_after_all(
    uow: UnitOfWork,
    credit: Credit,
    refund_id: str,
    *,
    source_id: str,
    amount_cents: int,
    paid_at: datetime,
    provider: str,
) -> CreditUse | None:
    """
    Book money of a refund that went although the refund was given up and its credit was free again.

    The credit is used for it: where it was applied meanwhile, that is undone, newest first. What was paid out in
    another way meanwhile the tenant has twice, and owes beside the invoice from now on.
    """
    reason = f"{refund_id} went after all"
    reopened = await _free(uow, credit, amount_cents, reason)
    cents = min(amount_cents, credit.remaining_cents)
    use = await credits.promise(uow, credit, cents, None, reason) if cents else None
    if use is not None:
        await record_paid_back(uow, credit, source_id=source_id, amount_cents=cents, paid_at=paid_at, provider=provider)
        credits.tell_paid_back(uow, credit, use)
    await _use_again(uow, credit, reopened)
    if beyond := amount_cents - cents:
        invoice = await _invoice_of(uow, credit.invoice_id)
        twice = Movement(SettledBy.payment, f"{source_id}:twice", -beyond, paid_at, reason, provider=provider)
        await post_once(uow, invoice, twice, 0, -beyond)
        await owe(uow, invoice, ReceivableSource.refunded_again, source_id, beyond)
    return use


async def record_beside(
    uow: UnitOfWork,
    document_id: str,
    *,
    source_id: str,
    amount_cents: int,
    paid_at: datetime,
    reference: str,
    provider: str,
) -> None:
    """
    Book money that a provider moved beyond any credit; the same source again changes nothing.

    Less than nothing went to the payer: the tenant owes it beside the invoice. What comes back settles what is owed.
    """
    invoice = await _invoice_of(uow, document_id)
    movement = Movement(SettledBy.payment, source_id, amount_cents, paid_at, reference, provider=provider)
    if not await post_once(uow, invoice, movement, 0, amount_cents):
        return
    if amount_cents < 0:
        await owe(uow, invoice, ReceivableSource.refunded_by_hand, source_id, -amount_cents)
        return
    left = amount_cents - await lower_owed(uow, invoice, movement, amount_cents)
    if left:  # settled in another way meanwhile
        await grant(uow, invoice, CreditSource.unapplied_payment, source_id, left)


async def _invoice_of(uow: UnitOfWork, document_id: str) -> Invoice:
    """Give the invoice whose money a document tells of: itself, or the one that a note corrects."""
    origin = await queries.get(uow, document_id, lock=True)
    if origin.referenced_invoice_id is None:
        return origin
    return await queries.get(uow, origin.referenced_invoice_id, lock=True)


@verb
async def settle_receivable(uow: UnitOfWork, receivable_id: str, data: ReceivableSettleIn) -> Receivable:
    """
    Settle what a tenant owes beside its documents: with its credit, oldest first, or as a loss of the seller's.

    Money that came for it is recorded for its invoice, as paid.

    Raises NotFound, and Refused where nothing remains and for more than remains, or than there is of credit.
    """
    uow.authorize("receivables:settle")
    receivable = await credits.receivable(uow, receivable_id)
    invoice = await queries.get(uow, receivable.invoice_id, lock=True)
    receivable = await credits.receivable(uow, receivable_id, lock=True)
    cents = receivable.remaining_cents if data.amount_cents is None else data.amount_cents
    if data.way is SettledWith.write_off:
        credits.lower(uow, receivable, cents, data.way, data.reason)
        loss = Movement(SettledBy.write_off, f"{receivable.id}:{receivable.version}", cents, uow.now, data.reason)
        post(uow, invoice, loss, 0, cents)
        return receivable
    found = await _open(uow, invoice)
    available = sum(credit.remaining_cents for credit in found)
    cents = min(cents, available) if data.amount_cents is None else cents
    if available < max(cents, 1):
        raise Refused(
            f"Cannot settle {cents or 'anything'} of {receivable} with credit: {available} {receivable.currency} cents "
            "of credit are left."
        )
    credits.lower(uow, receivable, cents, data.way, data.reason)
    for credit in found:
        part = min(credit.remaining_cents, cents)
        if part <= 0:
            continue
        cents -= part
        use = await credits.offset(uow, credit, part, receivable)
        origin = await queries.get(uow, credit.invoice_id, lock=True)
        parts = (-part, 0) if origin.is_credit_note else (0, -part)
        post(uow, origin, Movement(SettledBy.credit, f"{use.id}:from", -part, uow.now, invoice.number), *parts)
        post(uow, invoice, Movement(SettledBy.credit, use.id, part, uow.now, origin.number), 0, part)
    return receivable


async def _take_away(uow: UnitOfWork, credit: Credit, wanted: int, reason: str) -> int:
    """Withdraw a credit whose money went back, up to `wanted`, undoing what it was applied to; give how much."""
    reopened = await _free(uow, credit, wanted, reason)
    cents = min(wanted, credit.remaining_cents)
    if cents:
        await credits.withdraw(uow, credit, cents, reason)
    await _use_again(uow, credit, reopened)
    return cents


async def _free(uow: UnitOfWork, credit: Credit, wanted: int, reason: str) -> list[Invoice]:
    """Undo what a credit was applied to, newest first, until `wanted` of it is there; give the invoices."""
    reopened: list[Invoice] = []
    for use in await reads.applications_of(uow, credit.id):
        if credit.remaining_cents >= wanted:
            break
        reopened.append(await queries.get(uow, str(use.invoice_id), lock=True))
        await _undo(uow, reopened[-1], credit, use, reason)
    return reopened


async def _use_again(uow: UnitOfWork, credit: Credit, reopened: list[Invoice]) -> None:
    """The last use was undone as a whole: what was not wanted of it goes back there."""
    for invoice in reopened[-1:]:
        left = min(credit.remaining_cents, invoice.amount_due_cents)
        if left > 0 and invoice.status in OWED:
            await _use(uow, invoice, [credit], left)


async def withdraw_of_note(uow: UnitOfWork, note: Invoice, reason: str) -> None:
    """Take away the credit of a note that is void; refused once any of it was used."""
    for credit in await reads.of_documents(uow, [note.id], lock=True):
        credits.refuse_held(credit, "take away")
        if credit.remaining_cents != credit.amount_cents:
            raise Conflict(f"Cannot void {note}: its {credit} was used or promised; correct it with another document.")
        if credit.remaining_cents:
            await credits.withdraw(uow, credit, credit.remaining_cents, reason)
