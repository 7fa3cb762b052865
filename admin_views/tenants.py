from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqladmin import expose
from sqlalchemy import Select
from starlette.requests import Request
from starlette.responses import Response

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import ControlError
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.schemas import checked
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import (
    audit,
    billing,
    credits,
    identity,
    invoices,
    packs,
    partners,
    payments,
    statements,
    subscriptions,
    tax,
    tenants,
    usage,
)
from scaicontrol.services.billing import Overview, TenantSums
from scaicontrol.services.credits.schemas import CreditBalance
from scaicontrol.services.identity.schemas import PortalViewIn, UserOut
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.schemas import InvoiceFilter
from scaicontrol.services.packs.schemas import PackSubscriptionFilter, PackSubscriptionOut
from scaicontrol.services.payments.models import Payment, PaymentMethod
from scaicontrol.services.payments.schemas import PaymentFilter
from scaicontrol.services.statements.schemas import StatementIn
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.subscriptions.schemas import SubscriptionFilter
from scaicontrol.services.tax import Consulted
from scaicontrol.services.tenants.models import BillingProfile, Tenant
from scaicontrol.services.tenants.reads import is_in_country
from scaicontrol.services.tenants.schemas import AdminBillingProfileIn
from scaicontrol.services.usage import MetricUse

from . import formatting
from .base import ControlView, ListColumn, ListFilter, known_filter, named_column
from .flash import status_of
from .forms import sent_of, typed
from .language import gettext
from .menu import MenuGroup
from .request_context import console_of
from .verbs import Done, Field, VerbButton

Given = Mapping[str, str]
_SHOWN: Final = PageRequest(page_size=10)
_FORMATS: Final = ("ubl", "xrechnung", "cii", "zugferd", "facturx")
_PROFILE: Final = (
    Field("company_name", "Company", required=False),
    Field("address_line1", "Address", required=False),
    Field("address_line2", "Address, second line", required=False),
    Field("postal_code", "Postcode", required=False),
    Field("city", "City", required=False),
    Field("state", "State or province", required=False),
    Field("country_code", "Country", required=False, hint="Two letters, such as NL."),
    Field("is_business", "Buys as", "choice", choices=(("yes", "a business"), ("no", "a consumer"))),
    Field("vat_number", "VAT number", required=False, hint="VIES is asked as soon as it is saved."),
    Field("contact_email", "Invoices go to", "email", required=False),
    Field("phone", "Phone", required=False),
    Field(
        "preferred_language", "Language", "choice", required=False, choices=LANGUAGES, hint="Empty: as the seller's."
    ),
    Field(
        "preferred_einvoice_format", "E-invoice", "choice", required=False, choices=_FORMATS, hint="Empty: only a PDF."
    ),
    Field("peppol_scheme", "Peppol scheme", required=False, hint="Four digits, such as 0106."),
    Field("peppol_id", "Peppol id", required=False),
    Field("leitweg_id", "Leitweg-ID", required=False),
    Field("buyer_reference", "Buyer reference", required=False),
    Field("invoice_template_name", "Invoice template", required=False),
    Field("email_template_name", "Mail template", required=False),
    Field("version", "Version", "hidden", required=False),
)
_EXEMPTION: Final = (
    Field("tax_exempt", "Exempt from VAT", "choice", choices=(("no", "no"), ("yes", "yes"))),
    Field(
        "tax_exempt_reason",
        "Reason",
        "long",
        required=False,
        hint="Names the article; printed on documents.",
    ),
    Field("tax_exempt_reason_code", "Reason code", required=False, hint="Of the list VATEX, such as VATEX-EU-151."),
    Field("version", "Version", "hidden", required=False),
)
_YES_NO: Final = frozenset({"is_business", "tax_exempt"})


async def save_billing_profile(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    body = AdminBillingProfileIn.model_validate(sent_of(given, yes_no=_YES_NO, numbers={"version"}))
    actor.require("billing_profiles:exempt")
    before = await backend.ask(actor, _profile, pk)
    saved = await backend.perform(actor, tenants.save_billing_profile, pk, body)
    if before is not None and before.version == saved.version:
        return gettext("Nothing of it is different.")
    is_new_number = before is None or (before.vat_number, before.country_code) != (saved.vat_number, saved.country_code)
    return gettext(
        "The billing profile is saved.%(more)s", more=await _asked(backend, actor, saved) if is_new_number else ""
    )


async def _asked(backend: Backend, actor: Actor, profile: BillingProfile) -> str:
    """Ask VIES at once, as it will be asked anyway, and say what came back."""
    if not profile.vat_number or not actor.may("tax:decide"):
        return ""
    await tax.consult_tenant(backend, actor, profile.tenant_id)
    answer = await backend.ask(actor, tax.consulted, profile.tenant_id, profile.vat_number)
    return (
        gettext(
            " VIES says that %(vat_number)s is %(answer)s.",
            vat_number=profile.vat_number,
            answer=formatting.spoken(answer.answer),
        )
        if answer
        else ""
    )


async def _profile(uow: UnitOfWork, tenant_id: str) -> BillingProfile | None:
    await tenants.get(uow, tenant_id)
    return await tenants.billing_profile(uow, tenant_id)


async def view_portal(backend: Backend, actor: Actor, pk: str, given: Given) -> Done:
    body = PortalViewIn(reason=given.get("reason", ""), ticket=given.get("ticket", ""))
    begun = await backend.perform(actor, identity.begin_portal_view, pk, body)
    return Done(gettext("You look at the tenant's portal."), portal_view=begun.id)


def _known(fields: Sequence[Field]) -> Callable[["TenantPage"], Given]:
    """Fill fields with what the profile holds; `version` lets a colleague's edit be noticed."""

    def known(detail: "TenantPage") -> Given:
        profile = detail.profile
        if profile is None:
            return {}
        return {field.name: typed(getattr(profile, field.name)) for field in fields}

    return known


@dataclass(frozen=True, slots=True)
class TenantRow:
    """A tenant in the list, with what it pays and owes."""

    tenant: Tenant
    country: str | None
    sums: TenantSums

    def __getattr__(self, name: str) -> object:
        return getattr(self.tenant, name)


@dataclass(frozen=True, slots=True)
class TenantPage:
    """Everything about a tenant that whoever looks may see."""

    tenant: Tenant
    partner: str
    profile: BillingProfile | None
    vat: Consulted | None
    overview: Overview | None
    subscriptions: Sequence[Subscription]
    packs: Sequence[PackSubscriptionOut]
    documents: Sequence[Invoice]
    late_documents: int
    balances: Sequence[CreditBalance]
    payments: Sequence[Payment]
    methods: Sequence[PaymentMethod]
    usage: Sequence[MetricUse]
    people: Sequence[UserOut]
    story: Sequence[Sequence[audit.Told]]
    names: Mapping[str, str]

    @property
    def numbers(self) -> Mapping[str, str]:
        """How the documents on the page are called."""
        return {row.id: row.number for row in self.documents if row.number}

    @property
    def currencies(self) -> Mapping[str, str]:
        """In which currency the amounts of each object are."""
        return (
            {row.id: row.currency for row in self.subscriptions}
            | {row.id: row.currency for row in self.documents}
            | {row.id: row.currency for row in self.payments}
        )


class TenantView(ControlView, model=Tenant):
    name, name_plural, icon = "Tenant", "Tenants", "tenants"
    category, rank = MenuGroup.customers, 10
    about = "Customers: who buys, from which partner, what they pay a month and what they owe."
    prefix = "tnt"
    permission = "tenants:list"
    details_template = "console/tenant.html"
    grows = True
    searched = (Tenant.name, Tenant.id, Tenant.contact_email)
    search_hint = "name, e-mail or id"
    columns = (
        ListColumn("Name", lambda row: row.name, Tenant.name, "link"),
        named_column("Partner", "partner", "partner_id"),
        ListColumn("Country", lambda row: row.country or formatting.NOTHING),
        ListColumn("Monthly", lambda row: formatting.amounts(row.sums.monthly_cents), None, "number"),
        ListColumn("Open", lambda row: formatting.amounts(row.sums.open_cents), None, "number"),
        ListColumn("Past due", lambda row: formatting.amounts(row.sums.overdue_cents), None, "number"),
        ListColumn("Status", lambda row: row.status, Tenant.status, "status"),
        ListColumn("Created", lambda row: formatting.day(row.created_at), Tenant.created_at),
    )
    narrowing = (
        ListFilter("partner", "Partner", lambda value: Tenant.partner_id == value, kind="partner"),
        ListFilter("country", "Country", lambda value: is_in_country(Tenant.id, value)),
        known_filter("status", "Status", Tenant.status),
    )
    verbs = (
        VerbButton(
            "save_billing_profile",
            "Edit the billing profile",
            "billing_profiles:exempt",
            "Documents from now on name the buyer like this; those that are final stay as they are.",
            save_billing_profile,
            _PROFILE,
            known=_known(_PROFILE),
        ),
        VerbButton(
            "exempt",
            "Exempt from VAT",
            "billing_profiles:exempt",
            "Documents from now on charge no VAT and print the reason, or charge it again.",
            save_billing_profile,
            _EXEMPTION,
            known=_known(_EXEMPTION),
        ),
        VerbButton(
            "view_portal",
            "View as tenant",
            "portal_views:begin",
            "The tenant's portal opens here for 30 minutes, as its administrator sees it, and you can change nothing. "
            "The tenant reads who looked, when and why.",
            view_portal,
            (
                Field("reason", "Reason", "long", hint="The tenant reads it."),
                Field("ticket", "Ticket", hint="The number under which the tenant asked, such as SUP-1234."),
            ),
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[Tenant]:
        uow.authorize(self.permission)
        return tenants.visible(uow)

    async def completed(self, uow: UnitOfWork, rows: Sequence[Tenant]) -> Sequence[TenantRow]:
        ids = [row.id for row in rows]
        sums = await billing.sums_of(uow, ids) if uow.actor.may("billing:preview") else {}
        profiles = await tenants.billing_profiles(uow, ids)
        return [
            TenantRow(row, getattr(profiles.get(row.id), "country_code", None), sums.get(row.id, TenantSums()))
            for row in rows
        ]

    async def detail(self, uow: UnitOfWork, pk: str) -> TenantPage:
        uow.authorize(self.permission)
        tenant, may = await tenants.get(uow, pk), uow.actor.may
        profile = await tenants.billing_profile(uow, pk)
        numbered = profile is not None and profile.vat_number
        documents = await invoices.page(uow, _SHOWN, InvoiceFilter(tenant_id=pk)) if may("invoices:read") else None
        owed = InvoiceFilter(tenant_id=pk, overdue=True)
        story = await audit.story(uow, pk)
        return TenantPage(
            tenant=tenant,
            partner=(await partners.names(uow, [tenant.partner_id])).get(tenant.partner_id, tenant.partner_id),
            profile=profile,
            vat=await tax.consulted(uow, pk, str(profile.vat_number)) if profile is not None and numbered else None,
            overview=await billing.overview(uow, pk) if may("billing:preview") else None,
            subscriptions=await self._subscriptions(uow, pk) if may("subscriptions:read") else [],
            packs=await self._packs(uow, pk) if may("subscriptions:read") else [],
            documents=documents.items if documents else [],
            late_documents=(await invoices.page(uow, _SHOWN, owed)).total if documents else 0,
            balances=await credits.balances(uow, pk) if may("credits:read") else [],
            payments=(await payments.page(uow, _SHOWN, PaymentFilter(tenant_id=pk))).items
            if may("payments:read")
            else [],
            methods=await payments.methods(uow, pk) if may("payment_methods:read") else [],
            usage=await usage.summary(uow, pk) if may("usage:read") else [],
            people=await self._people(uow, pk) if may("users:read") else [],
            story=list(audit.folded(story)),
            names=await identity.names(uow, {who for told in story for who in (told.by, told.on_behalf_of) if who}),
        )

    async def _subscriptions(self, uow: UnitOfWork, pk: str) -> Sequence[Subscription]:
        return (await subscriptions.page(uow, PageRequest(page_size=50), SubscriptionFilter(tenant_id=pk))).items

    async def _packs(self, uow: UnitOfWork, pk: str) -> Sequence[PackSubscriptionOut]:
        held = await packs.page_of_subscriptions(
            uow, PageRequest(1, 50, "-created_at"), PackSubscriptionFilter(tenant_id=pk)
        )
        return await packs.shown(uow, held.items)

    async def _people(self, uow: UnitOfWork, pk: str) -> Sequence[UserOut]:
        page = await identity.page_users(uow, PageRequest(page_size=50), tenant_id=pk)
        return await identity.shown_users(uow, page.items)

    @expose("/{pk}/statement")
    async def statement(self, request: Request) -> Response:
        """Show a tenant's account over some days, this year so far unless others are asked for; or give its PDF."""
        console, pk, asked = console_of(request), request.path_params["pk"], request.query_params
        console.actor.require("invoices:administer")
        name = self.title_of(await self._asked(request, pk))
        today = console.backend.clock.now().date()
        given = {"first": today.replace(month=1, day=1).isoformat(), "last": today.isoformat()}
        given |= {key: value for key in ("first", "last", "currency") if (value := asked.get(key, "").strip())}
        account, error = None, None
        try:
            body = checked(StatementIn, tenant_id=pk, **given)
            wanted = (pk, body.first, body.last, body.currency)
            if asked.get("as") == "pdf":
                file = await statements.statement_pdf(console.backend, console.actor, *wanted)
                headers = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
                return Response(file.body, media_type=file.media_type, headers=headers)
            account = await console.backend.ask(console.actor, statements.statement, *wanted)
        except ControlError as refused:
            error = refused
        context = {
            "model_view": self,
            "heading": gettext("Account of %(name)s", name=name),
            "pk": pk,
            "name": name,
            "given": given,
        }
        context |= {"account": account, "error": error}
        status = status_of(error) if error else 200
        answer: Response = await self.templates.TemplateResponse(request, "console/statement.html", context, status)
        return answer

    def title_of(self, detail: TenantPage) -> str:
        return detail.tenant.name

    def actions_of(self, detail: TenantPage) -> Sequence[str]:
        return [verb.name for verb in self.verbs]


VIEWS = (TenantView,)
