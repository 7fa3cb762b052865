from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.i18n import LANGUAGES
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import accounting, billing, catalog, documents, partners, tenants
from scaicontrol.services.accounting.models import AccountingIntegration
from scaicontrol.services.billing import PartnerSummary, TenantSums
from scaicontrol.services.catalog.models import Plan, PriceOverride
from scaicontrol.services.invoices.models import NumberSeries
from scaicontrol.services.partners.models import Partner, PartnerConfiguration
from scaicontrol.services.partners.schemas import PartnerConfigurationPatch
from scaicontrol.services.tenants.models import Tenant

from . import formatting
from .base import ControlView, ListColumn
from .forms import sent_of, typed
from .language import gettext
from .menu import MenuGroup
from .price_overrides import said_price
from .timeline import Timeline, timeline_of
from .verbs import Field, VerbButton

Given = Mapping[str, str]
_VERSION: Final = Field("version", "Version", "hidden", required=False)
_YES_NO: Final = frozenset({
    "oss_registered", "attach_einvoice_xml", "allow_pay_by_invoice", "auto_finalize", "auto_send", "auto_charge",
    "auto_apply_credit", "auto_apply_wallet", "sells_to_consumers", "withdrawal_button", "cancel_button",
})  # fmt: skip
_NUMBERS: Final = frozenset({
    "fiscal_year_start_month", "invoice_day", "vies_max_age_days", "payment_terms_days", "dunning_retry_days",
    "dunning_reminder_days", "dunning_suspend_day", "overdue_grace_days", "retention_years", "invoice_link_days",
    "version",
})  # fmt: skip
_LISTS: Final = frozenset({"payment_providers", "dunning_retry_days", "dunning_reminder_days"})


def _free(name: str, label: str, hint: str = "", kind: str = "text") -> Field:
    return Field(name, label, kind, required=False, hint=hint)


def _choice(name: str, label: str, *choices: str | tuple[str, str]) -> Field:
    return Field(name, label, "choice", choices=choices)


def _switch(name: str, label: str) -> Field:
    return _choice(name, label, "yes", "no")


_SELLER: Final = (
    _free("legal_name", "Legal name"),
    _free("trade_name", "Trade name"),
    _free("seller_address_line1", "Address"),
    _free("seller_address_line2", "Address, second line"),
    _free("seller_postal_code", "Postcode"),
    _free("seller_city", "City"),
    _free("seller_state", "State or province"),
    _free("seller_country_code", "Country", "Two letters, such as NL."),
    _free("seller_vat_number", "VAT number"),
    _free("seller_tax_number", "Tax number", "The number for taxes that is no VAT number."),
    _free("seller_registration_number", "Registration number", "Of the trade register."),
    _free("seller_contact_name", "Contact"),
    _free("seller_email", "E-mail", kind="email"),
    _free("seller_phone", "Phone"),
    _free("peppol_scheme", "Peppol scheme"),
    _free("peppol_id", "Peppol id"),
    _VERSION,
)
_BANK: Final = (
    _free("iban", "IBAN"),
    _free("bic", "BIC"),
    _free("bank_name", "Bank"),
    _free("account_holder", "Account holder"),
    _free("sepa_creditor_id", "SEPA creditor id", "Named by direct debits."),
    _free("payment_providers", "Payment providers", "Their names with commas, such as sandbox, bank_transfer."),
    _VERSION,
)
_INVOICING: Final = (
    Field("number_prefix", "Prefix of numbers"),
    Field("fiscal_year_start_month", "Fiscal year begins in month", "number"),
    Field("invoice_day", "Invoice day of the month", "number", hint="1 to 28."),
    _choice("invoice_grouping", "One invoice for each", "tenant", "subscription"),
    Field("payment_terms_days", "Days to pay", "number"),
    Field("default_currency", "Currency"),
    _choice("default_language", "Language", *LANGUAGES),
    Field("timezone", "Time zone", hint="Billing periods begin and end at its midnight."),
    _choice("proration", "Proration", "none", "day"),
    _choice("trial_end_without_payment_method", "A trial without payment method", "cancel", "activate"),
    _switch("allow_pay_by_invoice", "Pay by invoice"),
    _switch("auto_finalize", "Finalize by itself"),
    _switch("auto_send", "Send by itself"),
    _switch("auto_charge", "Charge by itself"),
    _switch("auto_apply_credit", "Apply credit by itself"),
    _switch("auto_apply_wallet", "Use the wallet by itself"),
    _VERSION,
)
_TAX: Final = (
    _switch("oss_registered", "Registered for OSS"),
    _choice("vies_policy", "Ask VIES", "off", "advisory", "required"),
    Field("vies_max_age_days", "An answer of VIES holds for days", "number"),
    _choice("export_category", "Category of exports", "O", "G"),
    _switch("attach_einvoice_xml", "Attach the XML"),
    _free("retention_years", "Keep documents for years", "Empty: as the law of the seller's country says.", "number"),
    _VERSION,
)
_DUNNING: Final = (
    _free("dunning_retry_days", "Charge again after days", "With commas, growing."),
    _free("dunning_reminder_days", "Remind after days", "With commas, growing."),
    Field("dunning_suspend_day", "Suspend after days", "number"),
    Field("overdue_grace_days", "Days of grace", "number"),
    _choice("dispute_lost", "A lost dispute", ("reopen", "is owed again"), ("write_off", "is written off")),
    _VERSION,
)
_AS_IT_SELLS: Final = (("", "where it sells to consumers"), "yes", "no")
_PUBLIC: Final = (
    _switch("sells_to_consumers", "Sells to consumers"),
    Field("withdrawal_button", "Withdrawal without signing in", "choice", required=False, choices=_AS_IT_SELLS),
    Field("cancel_button", "Cancellation without signing in", "choice", required=False, choices=_AS_IT_SELLS),
    Field(
        "invoice_link_days", "Days a link in a mail opens its invoice", "number", hint="0: mails carry no such link."
    ),
    _VERSION,
)
_LOOK: Final = (
    _free("logo_url", "Logo", "The address of an uploaded picture."),
    _free("brand_color", "Colour", "Such as #0b6e4f; it must be readable on white."),
    _free("brand_color_dark", "Colour on dark pages", "Empty: made of the other one."),
    _free("mail_sender_name", "Sender of mails", "Empty: the trade name."),
    _free("imprint_url", "Imprint", "Its address, with https://."),
    _free("privacy_url", "Privacy", "Its address, with https://."),
    _free("terms_url", "Terms", "Its address, with https://."),
    _free("portal_host", "Host name of the portal", "Such as portal.northwind.example; operators set it."),
    _free("invoice_template_name", "Invoice template"),
    _free("email_template_name", "Mail template"),
    _VERSION,
)


async def configure(backend: Backend, actor: Actor, pk: str, given: Given) -> str:
    sent = sent_of(given, yes_no=_YES_NO, numbers=_NUMBERS, lists=_LISTS)
    saved = await backend.perform(actor, partners.configure, pk, PartnerConfigurationPatch.model_validate(sent))
    return gettext("The configuration is saved; it is at version %(version)s.", version=saved.version)


def _known(fields: Sequence[Field]) -> Callable[["PartnerPage"], Given]:
    def known(detail: "PartnerPage") -> Given:
        return {field.name: typed(getattr(detail.configuration, field.name)) for field in fields}

    return known


def _configures(name: str, label: str, effect: str, fields: Sequence[Field]) -> VerbButton:
    return VerbButton(name, label, "partners:configure", effect, configure, fields, known=_known(fields))


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """A partner with what it sells, to whom, and on which terms."""

    partner: Partner
    configuration: PartnerConfiguration
    summary: PartnerSummary
    tenants: Sequence[Tenant]
    tenant_count: int
    sums: Mapping[str, TenantSums]
    series: Sequence[NumberSeries]
    overrides: Sequence[PriceOverride]
    plans: Mapping[str, Plan]
    integrations: Sequence[AccountingIntegration]
    timeline: Timeline

    def price(self, override: PriceOverride) -> str:
        return said_price(override)


class PartnerView(ControlView, model=Partner):
    name, name_plural, icon = "Partner", "Partners", "partners"
    category, rank = MenuGroup.customers, 20
    about = "Resellers: who sells, on which terms, to which tenants."
    prefix = "prt"
    permission = "partners:list"
    details_template = "console/partner.html"
    searched = (Partner.name, Partner.id, Partner.contact_email)
    search_hint = "name, e-mail or id"
    columns = (
        ListColumn("Name", lambda row: row.name, Partner.name, "link"),
        ListColumn("Status", lambda row: row.status, Partner.status, "status"),
        ListColumn("Contact", lambda row: row.contact_email or formatting.NOTHING),
        ListColumn("Created", lambda row: formatting.day(row.created_at), Partner.created_at),
    )
    verbs = (
        _configures(
            "configure_seller", "Seller", "Documents from now on name the seller like this; final ones stay.", _SELLER
        ),
        _configures("configure_bank", "Bank and providers", "Documents say where to pay from now on.", _BANK),
        _configures(
            "configure_invoicing", "Invoicing", "It holds from the next period, document and number on.", _INVOICING
        ),
        _configures("configure_tax", "Tax", "The next decisions about VAT are made under these terms.", _TAX),
        _configures("configure_dunning", "Dunning", "Invoices that are late already follow the new days.", _DUNNING),
        _configures(
            "configure_public",
            "Without signing in",
            "The pages of consumers are there or not from now on; the next mails carry links that work for so long.",
            _PUBLIC,
        ),
        _configures("configure_look", "Look", "Portal, mails and documents look like this from now on.", _LOOK),
    )

    def visible(self, uow: UnitOfWork) -> Select[Partner]:
        uow.authorize(self.permission)
        return partners.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> PartnerPage:
        uow.authorize(self.permission)
        may, partner = uow.actor.may, await partners.get(uow, pk)
        mine = await tenants.page(uow, PageRequest(sort="name"), partner_id=pk) if may("tenants:list") else None
        shown = mine.items if mine else []
        prices = await catalog.overrides(uow, pk, PageRequest()) if may("price_overrides:read") else None
        overrides = prices.items if prices else []
        return PartnerPage(
            partner=partner,
            configuration=await partners.configuration(uow, pk),
            summary=await billing.partner_summary(uow, pk),
            tenants=shown,
            tenant_count=mine.total if mine else 0,
            sums=await billing.sums_of(uow, [row.id for row in shown]) if may("billing:preview") else {},
            series=await documents.series(uow, pk) if may("invoices:verify") else [],
            overrides=overrides,
            plans=await catalog.plans_by_id(uow, [row.plan_id for row in overrides]),
            integrations=await accounting.listing(uow, pk) if may("accounting:read") else [],
            timeline=await timeline_of(uow, pk),
        )

    def title_of(self, detail: PartnerPage) -> str:
        return detail.partner.name

    def actions_of(self, detail: PartnerPage) -> Sequence[str]:
        return [verb.name for verb in self.verbs]


VIEWS = (PartnerView,)
