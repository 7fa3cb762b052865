"""Tenants: who they are, how they stand, and what is open."""

from collections.abc import Sequence

from rich.console import RenderableType

from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, invoices, payments, subscriptions, tenants
from scaicontrol.services.invoices.schemas import InvoiceFilter
from scaicontrol.services.payments.schemas import PaymentFilter
from scaicontrol.services.subscriptions.schemas import SubscriptionFilter
from scaicontrol.services.tenants.models import BillingProfile, Tenant

from ..columns import TableColumn
from ..verbs import Row
from ..wanted import Wanted
from ..widgets.states import day, minute, money, state
from .details import ReadScreen, TitledSection, fields, story, table
from .lists import ListScreen

_FEW = PageRequest(page_size=20)


def _row(found: Tenant) -> Row:
    return Row(
        found.id,
        str(found),
        found.status,
        (found.name, state(found.status), found.id, found.partner_id, day(found.created_at)),
        about=f"invoices {found.id}",
    )


class TenantScreen(ReadScreen):
    """One tenant on one page, for whoever has it on the phone: standing, subscriptions, documents, payments."""

    console = "tenant"

    @staticmethod
    async def read(uow: UnitOfWork, row_id: str) -> tuple[Row, Sequence[TitledSection]]:
        found, may = await tenants.get(uow, row_id), uow.actor.may
        parts: list[TitledSection] = [("Tenant", await _standing(uow, found))]
        if may("billing_profiles:read"):
            parts.append(("Billing profile", _profile(await tenants.billing_profile(uow, row_id))))
        if may("subscriptions:read"):
            parts.append(("Subscriptions", await _subscriptions(uow, row_id)))
        if may("invoices:read"):
            parts.append(("Documents", await _documents(uow, row_id)))
        if may("payments:read"):
            parts.append(("Payments", await _payments(uow, row_id)))
        return _row(found), [*parts, *await story(uow, row_id)]


async def _standing(uow: UnitOfWork, found: Tenant) -> RenderableType:
    known = [("state", state(found.status)), ("id", found.id), ("partner", found.partner_id)]
    if not uow.actor.may("billing:preview"):
        return fields(*known)
    overview = await billing.overview(uow, found.id)
    return fields(
        *known,
        ("standing", state(overview.standing)),
        ("monthly", money(overview.mrr_amount_cents, overview.currency)),
        ("open", money(overview.open_cents, overview.currency)),
        ("past due", money(overview.overdue_cents, overview.currency)),
        ("credit", money(overview.credit_cents, overview.currency)),
        ("next invoice", day(overview.next_invoice_date)),
    )


def _profile(profile: BillingProfile | None) -> RenderableType:
    if profile is None:
        return state("not_ready", "There is none: nothing can be billed until it is saved (o, the console).")
    missing = ", ".join(name.replace("_", " ") for name in profile.missing_for_finalisation)
    return fields(
        ("company", profile.company_name),
        ("country", profile.country_code),
        ("VAT number", profile.vat_number),
        ("lacks", state("not_ready", missing) if missing else None),
    )


async def _subscriptions(uow: UnitOfWork, tenant_id: str) -> RenderableType:
    page = await subscriptions.page(uow, _FEW, SubscriptionFilter(tenant_id=tenant_id))
    rows = (
        (each.plan_key, state(str(each.status)), each.quantity, money(each.mrr_amount_cents, each.currency), each.id)
        for each in page.items
    )
    return table(("Plan", "State", "Quantity", "Monthly", "Id"), rows, right=(2, 3), none="Nothing is subscribed.")


async def _documents(uow: UnitOfWork, tenant_id: str) -> RenderableType:
    page = await invoices.page(uow, _FEW, InvoiceFilter(tenant_id=tenant_id))
    rows = (
        (
            each.number or each.id,
            state(str(each.status)),
            money(each.total_cents, each.currency),
            money(each.amount_due_cents, each.currency),
            day(each.due_date),
        )
        for each in page.items
    )
    return table(("Document", "State", "Total", "Open", "Due"), rows, right=(2, 3), none="There is none.")


async def _payments(uow: UnitOfWork, tenant_id: str) -> RenderableType:
    page = await payments.page(uow, _FEW, PaymentFilter(tenant_id=tenant_id))
    rows = (
        (
            minute(each.created_at),
            state(str(each.status)),
            money(each.amount_cents, each.currency),
            each.failure_message or each.failure_code or "–",
        )
        for each in page.items
    )
    return table(("When", "State", "Amount", "Why"), rows, right=(2,), none="Nothing was collected yet.")


class TenantsScreen(ListScreen):
    called = "tenants"
    console = "tenant"
    detail = TenantScreen
    searched = True
    sort = "name"
    columns = (
        TableColumn("Tenant", 32, grows=True, names=True),
        TableColumn("State", 11),
        TableColumn("Id", 28),
        TableColumn("Partner", 18, wide=True),
        TableColumn("Since", 10, wide=True),
    )

    async def fetch(self, uow: UnitOfWork, request: PageRequest, wanted: Wanted) -> Page[Row]:
        return (await tenants.page(uow, request, q=wanted.words or None)).shown(_row)
