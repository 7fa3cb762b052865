"""One document by the signed link of a mail: to read, to keep, to pay, and nothing else."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Conflict, ControlError
from scaicontrol.core.i18n import say
from scaicontrol.core.money import exponent
from scaicontrol.core.payment_ports import PaymentProvider
from scaicontrol.services import documents, invoice_links, invoices, partners, payments
from scaicontrol.services.documents import DocumentFile
from scaicontrol.services.einvoices import Format
from scaicontrol.services.invoice_links import Opened
from scaicontrol.services.partners import Brand
from scaicontrol.services.templates import filters

from ..own_invoices import transfer_of
from ..requests import request_id_of
from .frame import CAREFUL, language_of, notice, page, public

_ACTOR: Final = Actor.system("invoice_links")
_FORMATS: Final = (Format.ubl, Format.cii)
_OWED: Final = frozenset({"finalized", "sent", "past_due"})


async def _opened(request: Request, backend: Backend, *, counts: bool) -> Opened | None:
    opened = await invoice_links.open_link(backend, request.path_params["token"][:500], counts=counts)
    if opened is None:
        return None
    actor = opened.actor.on("link", request_id_of(request))
    return Opened(opened.link_id, opened.invoice_id, opened.partner_id, actor)


async def _nothing(request: Request, backend: Backend) -> Response:
    """Forged, expired, revoked: the same answer, which tells nothing but what to do."""
    return await notice(request, backend, 404, "link_gone")


async def _show(request: Request, backend: Backend) -> Response:
    opened = await _opened(request, backend, counts=request.method == "GET")
    if opened is None:
        return await _nothing(request, backend)
    return await _document(request, backend, opened)


async def _document(request: Request, backend: Backend, opened: Opened, said: str = "", status: int = 200) -> Response:
    brand = await backend.ask(_ACTOR, partners.brand_of, opened.partner_id)
    language = language_of(request, brand)
    document = await backend.fast_read(opened.actor, invoices.own, opened.invoice_id)
    attempts = await backend.ask(opened.actor, payments.of_invoice, opened.invoice_id)
    is_invoice = document["document_type"] == "invoice"
    is_owed = is_invoice and document["amount_due_cents"] > 0 and document["status"] in _OWED
    is_begun = is_owed and any(each.is_open for each in attempts)
    waiting = next((each.redirect_url for each in attempts if each.is_open and each.redirect_url), None)

    def amount(cents: int) -> str:
        return filters.money(Decimal(cents).scaleb(-exponent(document["currency"])), document["currency"], language)

    ways: Sequence[PaymentProvider] = await invoice_links.ways_to_pay(backend, opened) if is_owed else ()
    return page(
        request,
        "invoice.html",
        brand,
        language,
        say(f"pages.invoice.{document['document_type']}", language, number=document["number"]),
        status=status,
        document=document,
        seller=document["seller_snapshot"] or {},
        buyer=document["buyer_snapshot"] or {},
        amount=amount,
        number=lambda value: filters.number(value, language),
        day=lambda value: filters.day(value, language),
        state="open" if is_owed else document["status"],
        is_begun=is_begun,
        waiting=waiting,
        ways=() if is_begun else ways,
        transfer=await transfer_of(document) if is_owed else None,
        formats=_FORMATS,
        has_files=bool(document["pdf_url"]),
        said=said,
        words=lambda name: say(f"documents.{name}", language),
        base=f"{invoice_links.PATH}{request.path_params['token']}",
    )


async def _pdf(request: Request, backend: Backend) -> Response:
    opened = await _opened(request, backend, counts=False)
    if opened is None:
        return await _nothing(request, backend)
    return _file(await documents.pdf(backend, opened.actor, opened.invoice_id))


async def _einvoice(request: Request, backend: Backend) -> Response:
    opened = await _opened(request, backend, counts=False)
    wanted = request.path_params["format"]
    if opened is None or wanted not in _FORMATS:
        return await _nothing(request, backend)
    return _file(await documents.einvoice(backend, opened.actor, opened.invoice_id, Format(wanted)))


def _file(file: DocumentFile) -> Response:
    headers = {**CAREFUL, "Content-Disposition": f'attachment; filename="{file.filename}"'}
    return Response(file.body, headers=headers, media_type=file.media_type)


async def _pay(request: Request, backend: Backend) -> Response:
    """Begin a payment at a provider's page; whoever comes back finds the document as it stands."""
    opened = await _opened(request, backend, counts=False)
    if opened is None:
        return await _nothing(request, backend)
    form = await request.form(max_files=0, max_fields=4)
    slug = str(form.get("provider", ""))
    brand = await backend.ask(_ACTOR, partners.brand_of, opened.partner_id)
    language = language_of(request, brand)
    if slug not in {each.slug for each in await invoice_links.ways_to_pay(backend, opened)}:
        return await _document(request, backend, opened, say("pages.invoice.no_way", language), 400)
    here = f"{_origin(request)}{invoice_links.PATH}{request.path_params['token']}"
    try:
        payment = await payments.pay(backend, opened.actor, opened.invoice_id, provider=slug, return_url=here)
    except Conflict:
        return await _document(request, backend, opened, say("pages.invoice.under_way", language), 409)
    except ControlError:
        return await _document(request, backend, opened, say("pages.invoice.not_begun", language), 400)
    if not payment.redirect_url:
        return RedirectResponse(here, 303, CAREFUL)
    return _onwards(request, brand, payment.redirect_url)


def _onwards(request: Request, brand: Brand, address: str) -> Response:
    """Lead to the provider by a page of ours: browsers hold `form-action` against redirects of a form, too."""
    language = language_of(request, brand)
    return page(request, "onwards.html", brand, language, say("pages.onwards.title", language), address=address)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


root_routes = [
    Route("/i/{token}", public(_show)),
    Route("/i/{token}/pdf", public(_pdf)),
    Route("/i/{token}/pay", public(_pay), methods=["POST"]),
    Route("/i/{token}/{format}", public(_einvoice)),
]
