"""The trial balance, which unfolds to the entries behind an account; and each entry with its sides."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from sqlalchemy import Select
from starlette.exceptions import HTTPException
from starlette.requests import Request

from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import ledger, partners
from scaicontrol.services.ledger.models import CLEARING, Account, EntryKind, LedgerEntry
from scaicontrol.services.ledger.schemas import BalanceFilter, BalanceOut, EntryFilter, EntryOut

from . import formatting
from .base import ControlView, ListColumn, ListFilter, code_filter, moment_column, named_column
from .language import gettext
from .lists import Context
from .menu import MenuGroup
from .names import Ref, names_of
from .pages import ConsolePage
from .request_context import console_of

_SHOWN = 25  # entries of an account that unfolds; the list has all


def account_name(account: str) -> str:
    """Say an account as people do; with a provider it has that one's name."""
    if account.startswith(CLEARING):
        return gettext("Clearing with %(provider)s", provider=account.removeprefix(CLEARING))
    return gettext("VAT payable") if account == Account.vat_payable else formatting.titled(account)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(400, gettext("'%(text)s' is not a day; write it as 2026-01-31.", text=text)) from None


@dataclass(frozen=True, slots=True)
class Section:
    """The accounts of a seller in a currency."""

    partner_id: str
    currency: str
    rows: list[BalanceOut]

    @property
    def debit_cents(self) -> int:
        return sum(row.debit_cents for row in self.rows)

    @property
    def credit_cents(self) -> int:
        return sum(row.credit_cents for row in self.rows)


class LedgerPage(ConsolePage):
    name, identity, icon = "Ledger", "ledger", "accounting"
    category, rank = MenuGroup.money, 70
    about = "What stands on each account of a seller in a currency; debit and credit are the same in sum."
    permission = "ledger:read"
    template = "console/ledger.html"

    async def content(self, request: Request) -> Context:
        console, said = console_of(request), request.query_params
        until = said.get("until", "")
        day = _day(until)
        before = datetime.combine(day + timedelta(days=1), time(), UTC) if day else None
        opened = (said.get("partner", ""), said.get("currency", ""), said.get("account", ""))
        told = await console.backend.ask(console.actor, self._told, before, opened)
        return {"until": until, "opened": opened, "account_name": account_name, **told}

    async def _told(self, uow: UnitOfWork, before: datetime | None, opened: tuple[str, str, str]) -> Context:
        uow.authorize(self.permission)
        found = await ledger.balances(uow, BalanceFilter(before=before))
        sections = [
            Section(*key, list(rows)) for key, rows in groupby(found, key=lambda row: (row.partner_id, row.currency))
        ]
        entries: list[EntryOut] = []
        if all(opened):
            partner_id, currency, account = opened
            wanted = EntryFilter(partner_id=partner_id, currency=currency, account=account, occurred_before=before)
            request = PageRequest(page_size=_SHOWN, sort="-occurred_at")
            entries = list((await ledger.entries(uow, request, wanted)).items)
        refs = [Ref("tenant", each.tenant_id) for each in entries]
        refs += [Ref("invoice", each.invoice_id) for each in entries if each.invoice_id]
        return {
            "sections": sections,
            "entries": entries,
            "names": await names_of(uow, refs),
            "partners": await partners.names(uow, {each.partner_id for each in sections}),
        }


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """What the page of an entry shows."""

    entry: EntryOut
    names: dict[str, str]

    def account_name(self, account: str) -> str:
        return account_name(account)


class LedgerEntryView(ControlView, model=LedgerEntry):
    name, name_plural, icon = "Ledger entry", "Ledger entries", "accounting"
    category, rank = MenuGroup.money, 71
    about = "Every movement of money, and of what is owed, on two sides that sum to nothing."
    prefix = "led"
    permission = "ledger:read"
    details_template = "console/ledger_entry.html"
    searched = (LedgerEntry.id, LedgerEntry.invoice_id, LedgerEntry.about_id)
    search_hint = "id, document, payment, refund or dispute"
    columns = (
        ListColumn("Entry", lambda row: row.id, LedgerEntry.id, "link"),
        ListColumn("What happened", lambda row: formatting.spoken(row.kind)),
        named_column("Tenant", "tenant", "tenant_id"),
        named_column("Document", "invoice", "invoice_id"),
        moment_column("Happened", "occurred_at", LedgerEntry.occurred_at),
        moment_column("Written", "created_at", LedgerEntry.created_at),
    )
    narrowing = (
        ListFilter("kind", "What happened", lambda value: LedgerEntry.kind == value, list(EntryKind)),
        ListFilter("account", "Account", ledger.on_account),
        ListFilter("tenant", "Tenant", lambda value: LedgerEntry.tenant_id == value, kind="tenant"),
        ListFilter("partner", "Partner", lambda value: LedgerEntry.partner_id == value, kind="partner"),
        code_filter("currency", "Currency", LedgerEntry.currency),
    )

    def visible(self, uow: UnitOfWork) -> Select[LedgerEntry]:
        uow.authorize(self.permission)
        return ledger.visible(uow)

    async def detail(self, uow: UnitOfWork, pk: str) -> EntryDetail:
        uow.authorize(self.permission)
        entry = await ledger.entry(uow, pk)
        refs = [Ref("tenant", entry.tenant_id), Ref("partner", entry.partner_id)]
        refs += [Ref("invoice", entry.invoice_id)] if entry.invoice_id else []
        return EntryDetail(entry, dict(await names_of(uow, refs)))

    def title_of(self, detail: EntryDetail) -> str:
        return formatting.titled(detail.entry.kind)

    def actions_of(self, detail: EntryDetail) -> list[str]:
        return []


VIEWS = (LedgerPage, LedgerEntryView)
