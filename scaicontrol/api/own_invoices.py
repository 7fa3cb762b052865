"""Documents as the tenant that owes them sees them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import ConfigDict, Field
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import Page
from scaicontrol.core.schemas import DayIn, Moment, Out
from scaicontrol.core.work import ReadContext, UnitOfWork
from scaicontrol.services import documents, einvoices, explanations, invoice_links, invoices, payments, templates
from scaicontrol.services.documents.schemas import DeliveryQueued, SendOwnIn
from scaicontrol.services.einvoices import Format
from scaicontrol.services.explanations import LineUse
from scaicontrol.services.explanations.schemas import ExplainedPart, Explanation, LineUseOut, UseRecordOut
from scaicontrol.services.invoice_links.models import InvoiceLink
from scaicontrol.services.invoice_links.schemas import InvoiceLinkOut
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import (
    InvoiceFilter,
    InvoiceOut,
    InvoiceSummary,
    OwnInvoiceFilter,
    SettlementOut,
)
from scaicontrol.services.payments.lifecycle import DisputeState
from scaicontrol.services.usage.models import UsageEvent

from .door import Many, One, Paged, Paging, Router, narrowing
from .invoices import Language, Line, Profile, as_file

WantedOfOwn = Annotated[OwnInvoiceFilter, narrowing(OwnInvoiceFilter, issued_from="from", issued_to="to")]

router = Router(prefix="/billing/invoices", tags=["billing"])


class FailedPaymentOut(Out):
    """An attempt to collect that did not succeed, and when the next one is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "pay_01m851qp4yet0r2fk9wvt1p634",
                    "amount_cents": 6897,
                    "attempted_at": "2026-02-15T06:00:00Z",
                    "reason": "The bank refused the debit.",
                    "next_retry_at": "2026-02-18T06:00:00Z",
                }
            ]
        }
    )

    id: str
    amount_cents: int
    attempted_at: Moment = Field(validation_alias="created_at")
    reason: str | None = Field(validation_alias="failure_message")
    next_retry_at: Moment | None


class OwnDisputeOut(Out):
    """A payment that the payer's bank asks back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "dsp_01m851qp4yet0r2fk9wvt1p634",
                    "status": "opened",
                    "amount_cents": 6897,
                    "opened_at": "2026-02-15T06:00:00Z",
                    "closed_at": None,
                }
            ]
        }
    )

    id: str
    status: DisputeState
    amount_cents: int
    opened_at: Moment
    closed_at: Moment | None


class TransferOut(Out):
    """What a payer types into their bank, or scans: `qr_image` is a picture in a `data:` URI, for euros."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_holder": "ScaiLabs B.V.",
                    "iban": "NL91 ABNA 0417 1643 00",
                    "bic": "ABNANL2A",
                    "reference": "SCAI-2026-000001",
                    "amount_cents": 6897,
                    "currency": "EUR",
                    "qr_image": None,
                }
            ]
        }
    )

    account_holder: str
    iban: str
    bic: str
    reference: str
    amount_cents: int
    currency: str
    qr_image: str | None


class RelatedDocumentOut(Out):
    """The other side of a correction."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "inv_01jd0000000000000000000000",
                    "number": "SCAI-CN-2026-000001",
                    "issue_date": "2026-02-20",
                    "total_cents": -6897,
                }
            ]
        }
    )

    id: str
    number: str | None
    issue_date: date | None
    total_cents: int


class OwnInvoiceOut(InvoiceOut):
    """A document with its lines, what settled it, what corrects it, failed attempts to collect it, and disputes."""

    credit_notes: list[RelatedDocumentOut] = Field(description="That correct it.")
    corrects: RelatedDocumentOut | None = Field(description="The invoice that a credit note corrects.")

    payments: list[SettlementOut]
    failed_payments: list[FailedPaymentOut]
    disputes: list[OwnDisputeOut]
    transfer: TransferOut | None = Field(description="How what is open is paid by bank transfer.")


@router.get("", response_model=Paged[InvoiceSummary], permission="invoices:read", summary="List own invoices")
async def index(uow: UnitOfWork, paging: Paging, wanted: WantedOfOwn) -> Page[Invoice]:
    return await invoices.page(uow, paging, InvoiceFilter.model_validate(wanted.model_dump()))


@router.get(
    "/{invoice_id}", response_model=One[OwnInvoiceOut], permission="invoices:read", summary="Show an own invoice"
)
async def show(context: ReadContext, invoice_id: str) -> dict[str, Any]:
    """With its lines, what settled it, the attempts to collect it that failed, and disputes about what came."""
    document = await invoices.own(context, invoice_id)
    failed = await payments.failed_attempts(context, invoice_id) if context.actor.may("payments:read") else []
    disputes = await payments.asked_back(context, invoice_id) if context.actor.may("disputes:read") else []
    return {**document, "failed_payments": failed, "disputes": disputes, "transfer": await transfer_of(document)}


async def transfer_of(document: Mapping[str, Any]) -> TransferOut | None:
    """Say how what is open of a document is paid by bank transfer; None where it is not."""
    found = einvoices.open_transfer(document)
    if found is None:
        return None
    # In a thread: drawing holds the event loop longer than the rest of the answer takes.
    image = await asyncio.to_thread(templates.qr_image, found.epc_payload) if found.epc_payload else None
    return TransferOut(
        account_holder=found.account_holder,
        iban=einvoices.grouped(found.iban),
        bic=found.bic,
        reference=found.reference,
        amount_cents=found.amount_cents,
        currency=found.currency,
        qr_image=image,
    )


@router.get(
    "/{invoice_id}/pdf", permission="invoices:read", summary="Fetch the PDF",
    responses={200: {"content": {"application/pdf": {}}}},
)  # fmt: skip
async def pdf(backend: Backend, actor: Actor, invoice_id: str) -> Response:
    return as_file(await documents.pdf(backend, actor, invoice_id))


@router.get(
    "/{invoice_id}/download", permission="invoices:read", summary="Fetch the e-invoice",
    responses={200: {"content": {"application/xml": {}, "application/pdf": {}}}},
)  # fmt: skip
async def download(
    backend: Backend,
    actor: Actor,
    invoice_id: str,
    wanted: Annotated[Format | None, Query(alias="format")] = None,
    profile: Profile = None,
) -> Response:
    return as_file(await documents.einvoice(backend, actor, invoice_id, wanted, profile))


@router.get(
    "/{invoice_id}/explain",
    response_model=One[Explanation],
    permission="invoices:read",
    summary="Say how an own invoice's amounts came about",
)
async def explain(
    uow: UnitOfWork, invoice_id: str, line: Line = None, part: ExplainedPart | None = None, language: Language = None
) -> Explanation:
    """Works each amount out again from what is stored; `matches` is false as soon as one comes out differently."""
    return await explanations.explain(uow, invoice_id, line_id=line, part=part, language=language)


@router.get(
    "/{invoice_id}/lines/{line_id}/usage",
    response_model=One[LineUseOut],
    permission="invoices:read",
    summary="Show the use behind a line",
)
async def usage(uow: UnitOfWork, invoice_id: str, line_id: str) -> LineUse:
    """What it was charged for, what it comes to now, and the days (UTC) it was added up from."""
    return await explanations.use_behind(uow, invoice_id, line_id)


@router.get(
    "/{invoice_id}/lines/{line_id}/usage/records",
    response_model=Paged[UseRecordOut],
    permission="invoices:read",
    summary="List the records of use behind a line",
)
async def records(
    uow: UnitOfWork, invoice_id: str, line_id: str, paging: Paging, day: DayIn | None = None
) -> Page[UsageEvent]:
    """All, or those of one day (UTC); raw records are kept for 400 days."""
    return await explanations.records_of(uow, invoice_id, line_id, paging, day)


@router.post(
    "/{invoice_id}/send",
    response_model=One[DeliveryQueued],
    permission="invoices:send",
    keyed=True,
    summary="Have an invoice mailed to the billing contact",
)
async def send(uow: UnitOfWork, invoice_id: str, body: SendOwnIn | None = None) -> DeliveryQueued:
    return await documents.send(uow, invoice_id)


@router.get(
    "/{invoice_id}/links",
    response_model=Many[InvoiceLinkOut],
    permission="invoice_links:read",
    summary="List the links that open an own invoice",
)
async def links(uow: UnitOfWork, invoice_id: str) -> Sequence[InvoiceLink]:
    """Those that mails carried: until when each works, and how often it was used."""
    return await invoice_links.of_invoice(uow, invoice_id)


@router.post(
    "/{invoice_id}/links/revoke",
    response_model=Many[InvoiceLinkOut],
    permission="invoice_links:revoke",
    summary="End the links that open an own invoice",
)
async def revoke_links(uow: UnitOfWork, invoice_id: str) -> Sequence[InvoiceLink]:
    """Gives those that worked until now; whoever signs in sees the invoice all the same."""
    return await invoice_links.revoke(uow, invoice_id)
