"""What is done to a document from its page: each function presses one verb of the services and says what happened."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError, Refused, invalid
from scaicontrol.core.rehearsal import rehearse
from scaicontrol.services import documents, invoices, payments, statements
from scaicontrol.services.documents.schemas import SendIn
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.invoices.schemas import (
    ApplyCreditIn,
    CreditIn,
    FinalizeIn,
    InvoiceIn,
    InvoicePatch,
    LineIn,
    MarkPaidIn,
    ReasonIn,
)
from scaicontrol.services.payments.schemas import RefundIn
from scaicontrol.services.statements.schemas import ReminderIn

from . import formatting
from .forms import number_of
from .language import gettext
from .names import Ref
from .verbs import Done, Field, VerbButton, cents_of, day_of

Given = Mapping[str, str]
EDITED: Final = (
    "due_date",
    "delivery_date",
    "buyer_reference",
    "purchase_order_ref",
    "contract_ref",
    "payment_terms",
    "notes",
)


WRITTEN: Final = (
    Field("description", "Description", "long"),
    Field("quantity", "Quantity", value="1"),
    Field("unit_label", "Unit", required=False, hint="Such as seat or hour."),
    Field("price", "Price", hint="Of one, net, in major units such as 19.00; a reduction begins with a minus."),
    Field("tax_rate", "VAT rate", required=False, hint="Per cent; empty: what the decision says."),
)


def name(invoice: Invoice) -> str:
    said = str(invoice)
    return said[0].upper() + said[1:]


# Drafts


async def draft(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    currency = given.get("currency", "").upper()
    body = InvoiceIn.model_validate(
        {"tenant_id": given.get("tenant", ""), "currency": currency, "lines": [_line(currency, given).model_dump()]}
    )
    made = await backend.perform(actor, invoices.draft, body)
    return Done(gettext("It is drafted; add what else belongs to it, then finalize it."), Ref("invoice", made.id))


async def edit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    draft = await backend.ask(actor, invoices.get, pk)
    known = {field: str(getattr(draft, field) or "") for field in EDITED if field in given}
    changed = {field: given[field] or None for field, was in known.items() if given[field] != was}
    if not changed:
        return gettext("Nothing of it is different.")
    patch = InvoicePatch.model_validate({**changed, "version": _version(given)})
    return gettext("%(invoice)s says so now.", invoice=name(await backend.perform(actor, invoices.update, pk, patch)))


async def add_line(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    draft = await _by_hand(backend, actor, pk)
    lines = [*map(_as_body, draft.lines), _typed(draft, given)]
    return await _with_lines(backend, actor, draft, lines)


async def edit_line(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    draft = await _by_hand(backend, actor, pk)
    line = _line_of(draft, given.get("line", ""))
    lines = [_typed(draft, given, _as_body(each)) if each is line else _as_body(each) for each in draft.lines]
    return await _with_lines(backend, actor, draft, lines)


async def remove_line(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    draft = await _by_hand(backend, actor, pk)
    line = _line_of(draft, given.get("line", ""))
    return await _with_lines(backend, actor, draft, [_as_body(each) for each in draft.lines if each is not line])


async def sort_lines(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    return gettext(
        "The lines of %(invoice)s follow their days.",
        invoice=await backend.perform(actor, invoices.sort_lines_by_date, pk),
    )


async def delete(backend: Backend, actor: Actor, pk: str, _: Given) -> Done:
    await backend.perform(actor, invoices.delete, pk)
    return Done(gettext("The draft is gone."), is_gone=True)


async def finalize(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    names = ("issue_date", "vies_override_reason", "vat_rate_reason")
    data = FinalizeIn.model_validate({name: given.get(name) or None for name in names})
    invoice = await invoices.finalize(backend, actor, pk, data)
    return gettext("%(invoice)s is finalized. Its files are being made.", invoice=name(invoice))


async def _by_hand(backend: Backend, actor: Actor, pk: str) -> Invoice:
    """Give a draft whose lines were written by people; those of a run know what they were charged for."""
    draft = await backend.ask(actor, invoices.get, pk)
    if draft.is_credit_note or any(line.billing_charge_id for line in draft.lines):
        source = (
            gettext("mirror the invoice")
            if draft.is_credit_note
            else gettext("come from a billing run and know what they charge")
        )
        raise Refused(
            gettext(
                "Cannot edit the lines of %(draft)s: they %(source)s; add an allowance, or delete it.",
                draft=draft,
                source=source,
            )
        )
    return draft


async def _with_lines(backend: Backend, actor: Actor, draft: Invoice, lines: Sequence[LineIn]) -> str:
    patch = InvoicePatch.model_validate({"lines": [line.model_dump() for line in lines], "version": draft.version})
    done = await backend.perform(actor, invoices.update, draft.id, patch)
    return gettext(
        "%(invoice)s comes to %(subtotal)s net.",
        invoice=name(done),
        subtotal=formatting.money(done.subtotal_cents, done.currency),
    )


def _as_body(line: InvoiceLine) -> LineIn:
    fields = {field: getattr(line, field) for field in LineIn.model_fields}
    fields["allowances"], fields["charges"] = fields["allowances"] or [], fields["charges"] or []
    stated = (line.derivation or {}).get("amount_stated")
    return LineIn.model_validate({**fields, "amount_cents": line.amount_cents if stated else None})


def _typed(draft: Invoice, given: Given, known: LineIn | None = None) -> LineIn:
    return _line(draft.currency, given, known)


def _line(currency: str, given: Given, known: LineIn | None = None) -> LineIn:
    quantity = given.get("quantity") or "1"
    try:
        counted = Decimal(quantity)
    except InvalidOperation:
        raise invalid(
            "quantity", gettext("'%(quantity)s' is not a number such as 2 or 1.5.", quantity=quantity)
        ) from None
    price = given.get("price", "")
    cents = cents_of(price.removeprefix("-"), currency) or 0
    body: dict[str, Any] = known.model_dump() if known else {}
    body.update(
        description=given.get("description", ""),
        quantity=counted,
        unit_label=given.get("unit_label") or None,
        unit_price_cents=-cents if price.startswith("-") else cents,
        amount_cents=None,
        tax_rate=given.get("tax_rate") or None,
    )
    return LineIn.model_validate(body)


def _line_of(invoice: Invoice, line_id: str) -> InvoiceLine:
    for line in invoice.lines:
        if line.id == line_id:
            return line
    raise invalid("line", gettext("This line is gone; look at the draft again."))


def _version(given: Given) -> int | None:
    return number_of(given, "version")


# Finalized documents


async def send(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    to = [address.strip() for address in given.get("to", "").split(",") if address.strip()]
    data = SendIn.model_validate({"to": to or None})
    await backend.perform(actor, documents.send, pk, data)
    return gettext("The mail to %(to)s is queued.", to=", ".join(to) or gettext("the billing contact"))


async def remind(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = ReminderIn.model_validate({"level": number_of(given, "level")})
    made = await statements.remind(backend, actor, pk, body.level)
    return gettext("Reminder %(level)s is made and mailed to the billing contact.", level=made.level)


async def void(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = ReasonIn.model_validate({"reason": given.get("reason", "")})
    invoice = await backend.perform(actor, invoices.void, pk, data.reason)
    return gettext("%(invoice)s is void.", invoice=name(invoice))


async def regenerate_pdf(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    data = ReasonIn.model_validate({"reason": given.get("reason", "")})
    wanted = await backend.perform(actor, documents.regenerate_pdf, pk, data.reason)
    return gettext("Version %(version)s is being made.", version=wanted.version)


async def verify(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    """Compute the whole series anew, since a seal covers what came before it, and hold every file against its row."""
    invoice = await backend.ask(actor, invoices.get, pk)
    if invoice.fiscal_year is None:
        raise Refused(gettext("%(invoice)s has no seal yet.", invoice=name(invoice)))
    series = invoice.partner_id, invoice.document_type, invoice.fiscal_year
    found = await backend.ask(actor, documents.verify_series, *series)
    wrong = [*found.violations, *await documents.verify_files(backend, actor, *series)]
    if wrong:
        raise Refused(
            gettext(
                "The series is not as it was sealed: %(message)s (%(wrong)s in all.)",
                message=wrong[0].message,
                wrong=len(wrong),
            )
        )
    return gettext(
        "The series of %(documents)s documents and all its files are as they were sealed.",
        documents=formatting.count(found.documents),
    )


# Money


async def mark_paid(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    invoice = await backend.ask(actor, invoices.get, pk)
    data = MarkPaidIn.model_validate(
        {
            "amount_cents": cents_of(given.get("amount", ""), invoice.currency),
            "paid_at": datetime.combine(day_of("paid_on", given.get("paid_on", "")), time(), UTC),
            "reference": given.get("reference", ""),
            "method": given.get("method", ""),
        }
    )
    booked = await backend.perform(actor, invoices.mark_paid, pk, data)
    return gettext(
        "%(amount)s is booked on %(invoice)s.",
        amount=formatting.money(booked.amount_cents, invoice.currency),
        invoice=name(invoice),
    )


async def apply_credit(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    invoice = await backend.ask(actor, invoices.get, pk)
    data = ApplyCreditIn(amount_cents=cents_of(given.get("amount", ""), invoice.currency))
    before = invoice.amount_due_cents
    settled = await backend.perform(actor, invoices.apply_credit, pk, data)
    return gettext(
        "%(amount_due)s of credit settle %(invoice)s.",
        amount_due=formatting.money(before - settled.amount_due_cents, invoice.currency),
        invoice=name(invoice),
    )


async def collect(backend: Backend, actor: Actor, pk: str, _: Given) -> str:
    tried = await payments.pay(backend, actor, pk)
    why = f": {tried.failure_message}" if tried.failure_message else "."
    return gettext(
        "The payment is %(status)s with %(provider)s%(why)s",
        status=formatting.spoken(tried.status),
        provider=tried.provider,
        why=why,
    )


async def credit(backend: Backend, actor: Actor, pk: str, given: Given) -> Done:
    body = await _credit_of(backend, actor, pk, given)
    note = await invoices.credit(backend, actor, pk, body)
    at = Ref("invoice", note.id)
    if body.finalize:
        return Done(
            gettext(
                "%(note)s gives back %(total)s.",
                note=name(note),
                total=formatting.money(-note.total_cents, note.currency),
            ),
            at,
        )
    given_back = formatting.money(-note.subtotal_cents, note.currency)
    return Done(
        gettext(
            "%(note)s is written over %(given_back)s net; check and finalize it.",
            note=name(note),
            given_back=given_back,
        ),
        at,
    )


async def preview_credit(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    """Say what the note would come to, with VAT where the gate would let it through."""
    body = await _credit_of(backend, actor, pk, given)
    whole, drafted = (body.model_copy(update={"finalize": sealed}) for sealed in (True, False))
    try:
        note = (await rehearse(backend, invoices.credit, actor, pk, whole)).result
    except ControlError as error:
        note = (await rehearse(backend, invoices.credit, actor, pk, drafted)).result
        return [
            (gettext("Net"), formatting.money(note.subtotal_cents, note.currency)),
            (gettext("Cannot be finalized"), error.message),
        ]
    return [
        (gettext("Net"), formatting.money(note.subtotal_cents, note.currency)),
        (note.tax_label or "VAT", formatting.money(note.tax_cents, note.currency)),
        (gettext("Total"), formatting.money(note.total_cents, note.currency)),
        (gettext("Lines"), str(len(note.lines))),
    ]


async def _credit_of(backend: Backend, actor: Actor, pk: str, given: Given) -> CreditIn:
    invoice = await backend.ask(actor, invoices.get, pk)
    amount = cents_of(given.get("amount", ""), invoice.currency)
    body: dict[str, object] = {"reason": given.get("reason", ""), "finalize": given.get("finalize") == "on"}
    if given.get("line"):
        line = _line_of(invoice, given["line"])
        cents = amount if amount is not None else abs(line.amount_cents)
        body["lines"] = [{"line_id": line.id, "amount_cents": cents if line.amount_cents >= 0 else -cents}]
    elif amount is not None:
        body |= {"amount_cents": amount, "basis": given.get("basis") or "gross"}
    return CreditIn.model_validate(body)


async def refund(backend: Backend, actor: Actor, pk: str, given: Given) -> str | Done:
    body = await _refund_of(backend, actor, pk, given)
    done = await payments.refund(backend, actor, pk, body.amount_cents, body.reason)
    invoice = await backend.ask(actor, invoices.get, pk)
    went = formatting.money(sum(each.amount_cents for each in done.refunds), invoice.currency)
    note = gettext(" %(note)s is issued over it.", note=name(done.note)) if done.note else ""
    if failed := [each for each in done.refunds if each.status == "failed"]:
        return gettext(
            "%(went)s are promised, and a refund failed: %(failure_message)s%(note)s",
            went=went,
            failure_message=failed[0].failure_message,
            note=note,
        )
    return Done(
        gettext("%(went)s go back.%(note)s", went=went, note=note), Ref("invoice", done.note.id) if done.note else None
    )


async def preview_refund(backend: Backend, actor: Actor, pk: str, given: Given) -> Sequence[tuple[str, str]]:
    body = await _refund_of(backend, actor, pk, given)
    done = (await rehearse(backend, payments.refund, actor, pk, body.amount_cents, body.reason)).result
    invoice = await backend.ask(actor, invoices.get, pk)
    parts = [(gettext("Goes back"), formatting.money(each.amount_cents, invoice.currency)) for each in done.refunds]
    if done.note:
        parts.append((gettext("Credited by a new note"), formatting.money(-done.note.total_cents, invoice.currency)))
    return parts


async def _refund_of(backend: Backend, actor: Actor, pk: str, given: Given) -> RefundIn:
    invoice = await backend.ask(actor, invoices.get, pk)
    cents = cents_of(given.get("amount", ""), invoice.currency)
    return RefundIn.model_validate({"amount_cents": cents, "reason": given.get("reason", "")})


BY_HAND: Final = VerbButton(
    "draft",
    "Draft by hand",
    "invoices:create",
    "For what no subscription charges. It has no number and is seen by nobody before it is finalized.",
    draft,
    [Field("tenant", "Tenant", "tenant"), Field("currency", "Currency", value="EUR"), *WRITTEN],
    of_list=True,
)
