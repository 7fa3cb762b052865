"""The first screen: what is wrong now, worst first; Enter goes there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import DataTable, Footer, Static

from scaicontrol.core.money import Money
from scaicontrol.core.pagination import PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import billing, documents, invoices, payments, provisioning, registry, subscriptions, webhooks
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.schemas import InvoiceFilter
from scaicontrol.services.payments.lifecycle import DisputeState, PaymentState
from scaicontrol.services.provisioning.lifecycle import WorkflowStatus
from scaicontrol.services.registry.lifecycle import HealthStatus
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.schemas import SubscriptionFilter

from ..door import Door
from ..verbs import Row
from ..widgets.bar import TopBar
from ..widgets.plain import Rows
from ..widgets.prompt import Prompt
from ..widgets.states import day, minute, state
from .details import DetailScreen, table
from .invoices import InvoicesScreen
from .place import PlaceScreen
from .subscriptions import SubscriptionsScreen

_FEW = PageRequest(page_size=50)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should look at: how bad, how many, and the first few of them."""

    severity: str  # critical or warning
    what: str
    count: int
    newest: str
    examples: tuple[str, ...] = ()
    place: Callable[[Door], PlaceScreen] | None = None

    @property
    def key(self) -> str:
        return self.what


async def findings(uow: UnitOfWork) -> list[Finding]:
    """Ask every feature this actor may read; worst first, then by number."""
    found = [await ask(uow) for permission, ask in _QUESTIONS if uow.actor.may(permission)]
    open_ones = [finding for finding in found if finding.count]
    return sorted(open_ones, key=lambda finding: (finding.severity != "critical", -finding.count))


async def _dead_deliveries(uow: UnitOfWork) -> Finding:
    endpoints = await webhooks.listing(uow)
    counted = await webhooks.statistics(uow, [endpoint.id for endpoint in endpoints])
    dead = [(endpoint, counted[endpoint.id].get("dead", 0)) for endpoint in endpoints]
    lines = tuple(f"{endpoint.name}: {number} dead, {endpoint.target_url}" for endpoint, number in dead if number)
    return Finding("critical", "webhook deliveries are dead", sum(number for _, number in dead), "", lines)


async def _disabled_endpoints(uow: UnitOfWork) -> Finding:
    off = [endpoint for endpoint in await webhooks.listing(uow) if endpoint.disabled_reason in ("gone", "failing")]
    lines = tuple(f"{e.name}: {e.disabled_reason} since {minute(e.disabled_at)}, {e.target_url}" for e in off)
    return Finding("critical", "webhook subscribers were switched off", len(off), "", lines)


async def _late_renders(uow: UnitOfWork) -> Finding:
    late = await documents.late_renders(uow)
    lines = tuple(
        f"{render.invoice_id} v{render.version}: waits since {minute(render.requested_at)}, "
        f"{render.last_error or 'no error yet'}"
        for render in late
    )
    return Finding("critical", "documents wait for their files", len(late), "", lines)


async def _past_due(uow: UnitOfWork) -> Finding:
    page = await invoices.page(
        uow, PageRequest(page_size=50, sort="due_date"), InvoiceFilter(status=InvoiceStatus.past_due)
    )
    oldest = f"oldest due {day(page.items[0].due_date)}" if page.items else ""
    return Finding(
        "warning",
        "invoices are past due",
        page.total,
        oldest,
        place=lambda door: InvoicesScreen(door, InvoiceStatus.past_due),
    )


async def _failed_payments(uow: UnitOfWork) -> Finding:
    page = await payments.page(uow, _FEW, status=PaymentState.failed)
    lines = tuple(
        f"{minute(payment.created_at)}  {Money(payment.amount_cents, payment.currency)}  {payment.tenant_id}  "
        f"{payment.invoice_id}  {payment.failure_code or ''}"
        for payment in page.items
    )
    newest = f"newest {minute(page.items[0].created_at)}" if page.items else ""
    return Finding("warning", "payments failed", page.total, newest, lines)


async def _failed_refunds(uow: UnitOfWork) -> Finding:
    page = await payments.refunds_that_failed(uow, _FEW)
    lines = tuple(
        f"{minute(refund.created_at)}  {refund.amount_cents} cents  {refund.tenant_id}  {refund.credit_id}  "
        f"{refund.failure_message or ''}"
        for refund in page.items
    )
    newest = f"newest {minute(page.items[0].created_at)}" if page.items else ""
    return Finding("critical", "refunds failed", page.total, newest, lines)


async def _open_disputes(uow: UnitOfWork) -> Finding:
    page = await payments.disputes(uow, PageRequest(page_size=50, sort="evidence_due_at"), status=DisputeState.opened)
    lines = tuple(
        f"{dispute.id}: {Money(dispute.amount_cents, dispute.currency)}  {dispute.tenant_id}  {dispute.invoice_id}  "
        f"{dispute.reason or ''}, evidence due {minute(dispute.evidence_due_at)}"
        for dispute in page.items
    )
    due = [dispute.evidence_due_at for dispute in page.items if dispute.evidence_due_at]
    soonest = f"evidence due {minute(min(due))}" if due else ""
    return Finding("critical", "payments are disputed", page.total, soonest, lines)


async def _quarantine(uow: UnitOfWork) -> Finding:
    page = await billing.page_quarantine(uow, _FEW, is_open=True)
    lines = tuple(f"{item.reason_code}: {item.subject_id} {item.charge_kind}, {item.detail}" for item in page.items)
    return Finding("critical", "charges are in quarantine", page.total, "", lines)


async def _provisioning(uow: UnitOfWork) -> Finding:
    stuck = (WorkflowStatus.failed, WorkflowStatus.rollback_failed)
    pages = [await provisioning.page(uow, _FEW, status=status) for status in stuck]
    lines = tuple(
        f"{flow.id}: {flow.status}, {flow.subscription_id}, {flow.tenant_id}" for page in pages for flow in page.items
    )
    return Finding("critical", "provisioning workflows failed", sum(page.total for page in pages), "", lines)


async def _unhealthy(uow: UnitOfWork) -> Finding:
    pages = [
        await registry.page(uow, _FEW, health_status=status)
        for status in (HealthStatus.unreachable, HealthStatus.degraded)
    ]
    lines = tuple(
        f"{service.slug}: {service.health_status}, last heartbeat {minute(service.last_heartbeat_at)}"
        for page in pages
        for service in page.items
    )
    severity = "critical" if pages[0].total else "warning"
    return Finding(severity, "services are not healthy", sum(page.total for page in pages), "", lines)


def _subscriptions(status: SubscriptionStatus, what: str) -> Callable[[UnitOfWork], Awaitable[Finding]]:
    async def ask(uow: UnitOfWork) -> Finding:
        page = await subscriptions.page(uow, PageRequest(page_size=1), SubscriptionFilter(status=status))
        return Finding("warning", what, page.total, "", place=lambda door: SubscriptionsScreen(door, status))

    return ask


_QUESTIONS: tuple[tuple[str, Callable[[UnitOfWork], Awaitable[Finding]]], ...] = (
    ("webhooks:read", _dead_deliveries),
    ("webhooks:read", _disabled_endpoints),
    ("invoices:administer", _late_renders),
    ("billing:plan", _quarantine),
    ("provisioning:read", _provisioning),
    ("services:list", _unhealthy),
    ("invoices:read", _past_due),
    ("payments:read", _failed_payments),
    ("payments:read", _failed_refunds),
    ("disputes:read", _open_disputes),
    ("subscriptions:read", _subscriptions(SubscriptionStatus.past_due, "subscriptions are past due")),
    ("subscriptions:read", _subscriptions(SubscriptionStatus.suspended, "subscriptions are suspended")),
)


class NowScreen(PlaceScreen):
    """Not a menu: what needs somebody, or the good news that nothing does."""

    BINDINGS = [
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]
    columns: ClassVar[Sequence[tuple[str, int]]] = (("How bad", 12), ("How many", 9), ("What", 42), ("", 34))

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self.found: list[Finding] = []

    @property
    def crumb(self) -> str:
        return "now"

    @property
    def scope(self) -> str:
        return f"{len(self.found)} findings" if self.found else ""

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield Rows()
        yield Static(id="quiet")
        yield Prompt()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        for title, width in self.columns:
            self.table.add_column(title, width=width, key=title)
        self.query_one("#quiet").display = False
        super().on_mount()
        self.table.focus()

    @property
    def table(self) -> Rows:
        return self.query_one(Rows)

    async def refresh_data(self) -> None:
        found = await self.door.ask(findings)
        if not self.is_mounted:
            return
        at = self.table.cursor_row
        self.found = found
        self.table.clear()
        for finding in found:
            self.table.add_row(
                state(finding.severity),
                Text(f"{finding.count:,}", justify="right"),
                finding.what,
                Text(finding.newest, style="dim"),
                key=finding.key,
            )
        if found:
            self.table.move_cursor(row=min(at, len(found) - 1), animate=False)
        quiet = self.query_one("#quiet", Static)
        quiet.display = not found
        quiet.update(Text.assemble(state("ready", "Nothing needs you now."), "\n\n", _WAYS))

    def action_move(self, by: int) -> None:
        self.table.move_cursor(row=max(0, min(self.table.row_count - 1, self.table.cursor_row + by)))

    @on(DataTable.RowSelected)
    def drill(self, event: DataTable.RowSelected) -> None:
        if event.cursor_row < len(self.found):
            finding = self.found[event.cursor_row]
            self.app.push_screen(finding.place(self.door) if finding.place else FindingScreen(self.door, finding))


_NO_LIST = Text("The first of them; a page of their own is not here yet.", style="dim")
_WAYS = Text("2 invoices    3 subscriptions    : go somewhere    ? keys", style="dim")


class FindingScreen(DetailScreen):
    """The first few of one finding, for which there is no list of its own yet."""

    def __init__(self, door: Door, finding: Finding) -> None:
        super().__init__(door, Row(finding.key, finding.what, finding.severity))

    async def sections(self) -> Sequence[tuple[str, RenderableType]]:
        found = await self.door.ask(findings)
        mine = next((finding for finding in found if finding.key == self.row.id), None)
        if mine is None:
            return [("Solved", state("ready", "There is nothing of this kind any more."))]
        first = table(("First",), ((line,) for line in mine.examples), none="No particulars.")
        return [(f"{mine.count} {mine.what}", Group(first, "", _NO_LIST))]
