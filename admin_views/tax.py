from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from sqlalchemy import Select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, invalid
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import tax
from scaicontrol.services.tax import Rate
from scaicontrol.services.tax.exchange import ECB, ReferenceRate
from scaicontrol.services.tax.models import ExchangeRate, VatRate

from . import formatting
from .base import ControlView, ListColumn, code_filter, day_column
from .facts import FactsPage
from .language import gettext
from .menu import MenuGroup
from .verbs import Done, Field, VerbButton, day_of

Given = Mapping[str, str]


async def add_rate(backend: Backend, actor: Actor, _: str, given: Given) -> str:
    checked = given.get("checked_on") or ""
    rate = Rate(
        given.get("country", "").upper(),
        _decimal("rate", given.get("rate", "").removesuffix("%")),
        day_of("valid_from", given.get("valid_from", "")),
        territory=given.get("territory") or "",
        source=given.get("source", ""),
        checked_on=day_of("checked_on", checked) if checked else None,
    )
    row = await backend.perform(actor, tax.add_rate, rate)
    begins, charged = formatting.day(row.valid_from), formatting.number(row.rate)
    return gettext(
        "%(country_code)s charges %(charged)s%% from %(begins)s on; the rate before it ends the day before.",
        country_code=row.country_code,
        charged=charged,
        begins=begins,
    )


async def add_exchange_rate(backend: Backend, actor: Actor, _: str, given: Given) -> str:
    rate = ReferenceRate(
        given.get("currency", "").upper(),
        _decimal("rate", given.get("rate", "")),
        day_of("valid_on", given.get("valid_on", "")),
        given.get("source") or ECB,
    )
    row = await backend.perform(actor, tax.add_exchange_rate, rate, replace=given.get("replace") == "on")
    return gettext(
        "One euro was worth %(rate)s %(currency)s on %(valid_on)s.",
        rate=formatting.number(row.rate),
        currency=row.currency,
        valid_on=formatting.day(row.valid_on),
    )


async def look_up(backend: Backend, actor: Actor, _: str, given: Given) -> Done:
    looked = await tax.look_up(backend, actor, given.get("vat_number", ""), given.get("requester") or None)
    said = [f"{looked.vat_number}: {looked.problem or gettext('written as the member state writes it')}."]
    if looked.answer:
        said.append(
            gettext(
                "VIES says %(answer)s%(more)s.",
                answer=formatting.spoken(looked.answer),
                more=f" ({looked.name})" if looked.name else "",
            )
        )
    if looked.because:
        said.append(f"{looked.because}")
    return Done(" ".join(said))


def _decimal(field: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise invalid(field, gettext("'%(text)s' is not a number such as 21.00.", text=text)) from None


class VatRateView(ControlView, model=VatRate):
    name, name_plural, icon = "VAT rate", "VAT rates", "rates"
    category, rank = MenuGroup.oversight, 60
    about = "The standard rates that decisions are made with, the days they hold, and where each is published."
    prefix = "vat"
    permission = "vat_rates:manage"
    details_template = "console/facts.html"
    searched = (VatRate.country_code, VatRate.source)
    search_hint = "country or source"
    columns = (
        ListColumn("Country", lambda row: f"{row.country_code} {row.territory}".strip(), VatRate.country_code, "link"),
        ListColumn("Rate", lambda row: f"{formatting.number(row.rate)}%", None, "number"),
        day_column("From", "valid_from", VatRate.valid_from),
        day_column("To", "valid_to", VatRate.valid_to),
        ListColumn("Source", lambda row: row.source),
        day_column("Compared", "checked_on", VatRate.checked_on),
    )
    newest = "country_code"
    narrowing = (code_filter("country", "Country", VatRate.country_code),)
    verbs = (
        VerbButton(
            "add",
            "Let a rate begin",
            "vat_rates:manage",
            "Documents from that day on are charged so; the rate before it ends the day before.",
            add_rate,
            [
                Field("country", "Country", hint="Member state, such as NL; Greece is GR."),
                Field("rate", "Rate", hint="Per cent, such as 25.5."),
                Field("valid_from", "From", "date"),
                Field("source", "Source", hint="Where it is published, with the entry's reference."),
                Field("territory", "Territory", required=False, hint="azores, madeira or jungholz_mittelberg."),
                Field("checked_on", "Compared on", "date", required=False),
            ],
            of_list=True,
        ),
        VerbButton(
            "look_up",
            "Look up a VAT number",
            "tax:decide",
            "Its form is checked and VIES asked; nothing is kept, so it is no evidence for a document.",
            look_up,
            [
                Field("vat_number", "VAT number", hint="With its prefix, such as DE123456788."),
                Field("requester", "Asked by", required=False, hint="The seller's own; gives a consultation number."),
            ],
            of_list=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[VatRate]:
        return tax.visible_rates(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> FactsPage:
        row = next((each for each in await tax.rates(uow) if each.id == pk), None)
        if row is None:
            raise NotFound(gettext("No VAT rate %(pk)s.", pk=pk))
        return FactsPage(
            pk,
            f"{row.country_code} {row.territory}: {formatting.number(row.rate)}%",
            gettext("A standard rate, the same for everybody; decisions of the past keep what they were made with."),
            [
                (gettext("From"), formatting.day(row.valid_from)),
                (gettext("To"), formatting.day(row.valid_to)),
                (gettext("Source"), row.source),
                (gettext("Compared"), formatting.day(row.checked_on)),
                (gettext("Id"), row.id),
            ],
        )

    def title_of(self, detail: FactsPage) -> str:
        return detail.title

    def actions_of(self, detail: FactsPage) -> Sequence[str]:
        return []


class ExchangeRateView(ControlView, model=ExchangeRate):
    name, name_plural, icon = "Exchange rate", "Exchange rates", "rates"
    category, rank = MenuGroup.oversight, 65
    about = "What one euro was worth, for VAT that is stated in the seller's own currency (VAT Directive, article 91)."
    prefix = "xrt"
    permission = "vat_rates:manage"
    details_template = "console/facts.html"
    searched = (ExchangeRate.currency,)
    search_hint = "currency"
    columns = (
        ListColumn("Currency", lambda row: row.currency, ExchangeRate.currency, "link"),
        ListColumn("For one euro", lambda row: formatting.number(row.rate), None, "number"),
        day_column("On", "valid_on", ExchangeRate.valid_on),
        ListColumn("Source", lambda row: row.source),
    )
    newest = "-valid_on"
    narrowing = (code_filter("currency", "Currency", ExchangeRate.currency),)
    verbs = (
        VerbButton(
            "add",
            "Note a rate",
            "vat_rates:manage",
            "Documents that were held back for want of it can be finalized.",
            add_exchange_rate,
            [
                Field("currency", "Currency", hint="ISO 4217, such as USD."),
                Field("rate", "Rate", hint="Units of it for one euro, such as 1.0837."),
                Field("valid_on", "On", "date"),
                Field("source", "Source", required=False, hint="Empty: the European Central Bank."),
                Field("replace", "Correct a rate that was entered wrongly", "check", required=False),
            ],
            of_list=True,
        ),
    )

    def visible(self, uow: UnitOfWork) -> Select[ExchangeRate]:
        return tax.visible_exchange_rates(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> FactsPage:
        row = await tax.exchange_rate(uow, pk)
        return FactsPage(
            pk,
            gettext("%(rate)s %(currency)s for one euro", rate=formatting.number(row.rate), currency=row.currency),
            gettext("A reference rate; documents keep the rate they were made with."),
            [(gettext("On"), formatting.day(row.valid_on)), (gettext("Source"), row.source), (gettext("Id"), row.id)],
        )

    def title_of(self, detail: FactsPage) -> str:
        return detail.title

    def actions_of(self, detail: FactsPage) -> Sequence[str]:
        return []


VIEWS = (VatRateView, ExchangeRateView)
