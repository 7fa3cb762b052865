"""The first page: what needs a person now, with its age, its money and one thing to do, and how the business goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import attention, billing
from scaicontrol.services.attention import Finding, FindingExample
from scaicontrol.services.billing import Figures

from . import formatting
from .charts import Bar, Chart
from .language import gettext, ngettext
from .lists import Context
from .names import Ref, names_of
from .request_context import console_of

SHOWN: Final = 5  # of each finding; the list has the rest


@dataclass(frozen=True, slots=True)
class FindingAct:
    """What to do about a finding: where all of its rows are, and what a person does there."""

    view: str
    narrowed: Mapping[str, str]
    said: str


ACTS: Final[Mapping[str, FindingAct]] = {
    "dead_deliveries": FindingAct("webhook-subscriptions", {}, "Retry them"),
    "disabled_endpoints": FindingAct("webhook-subscriptions", {}, "Switch on"),
    "late_renders": FindingAct("invoice", {}, "Make anew"),
    "quarantine": FindingAct("quarantine-item", {"status": "open"}, "Resolve"),
    "refused_drafts": FindingAct("quarantine-item", {"status": "open", "what": "draft"}, "Mend"),
    "provisioning": FindingAct("provisioning-workflow", {"status": "failed"}, "Retry"),
    "unhealthy": FindingAct("service", {"health": "unreachable"}, "Look into it"),
    "registrations": FindingAct("service", {"status": "pending"}, "Decide"),
    "past_due": FindingAct("invoice", {"status": "past_due"}, "Remind"),
    "failed_payments": FindingAct("payment", {"uncollected": "yes"}, "Try again"),
    "failed_refunds": FindingAct("refund", {"status": "failed"}, "Pay back"),
    "mismatched_payments": FindingAct("payment", {"mismatched": "yes"}, "Decide"),
    "receivables": FindingAct("receivable", {"open": "yes"}, "Settle"),
    "disputes": FindingAct("dispute", {"status": "opened"}, "Answer"),
    "bank_lines": FindingAct("bank-line", {"open": "yes"}, "Book"),
    "exports": FindingAct("accounting-sync-item", {"status": "failed"}, "Mend"),
    "declarations": FindingAct("declaration", {"open": "yes"}, "Decide"),
    "subscriptions_past_due": FindingAct("subscription", {"status": "past_due"}, "Look into it"),
    "suspended": FindingAct("subscription", {"status": "suspended"}, "Resume"),
    "approvals": FindingAct("change-plan", {"status": "pending_approval"}, "Decide"),
    "mails": FindingAct("outgoing-mail", {"status": "bounced"}, "Send again"),
    "jobs": FindingAct("job", {}, "Look into it"),
}


# Where the page of an object is, whose view has another name than the finding gives it.
PAGES: Final[Mapping[str, str]] = {
    "webhook_subscription": "webhook-subscriptions",
    "workflow": "provisioning-workflow",
    "change_plan": "change-plan",
    "bank_line": "bank-line",
    "accounting_sync_item": "accounting-sync-item",
    "quarantine_item": "quarantine-item",
    "mail": "outgoing-mail",
}


@dataclass(frozen=True, slots=True)
class HomeTask:
    """A finding as the page shows it."""

    finding: Finding
    examples: Sequence[FindingExample]
    act: str
    address: str | None  # of the list with all of them
    amounts: str  # of the examples, by currency


async def home(request: Request) -> Context:
    """Gather the first page for whoever looks."""
    console = console_of(request)

    async def question(uow: UnitOfWork) -> tuple[list[Finding], Mapping[str, str], list[Figures]]:
        found = await attention.findings(uow)
        tenants = [Ref("tenant", e.tenant_id) for one in found for e in one.examples[:SHOWN] if e.tenant_id]
        figures = await billing.figures(uow) if uow.actor.may("invoices:administer") else []
        return found, await names_of(uow, tenants), figures

    found, names, figures = await console.backend.ask(console.actor, question)
    return {
        "pages": PAGES,
        "tasks": [_task(request, one) for one in found],
        "names": names,
        "now": console.backend.clock.now(),
        "age": age,
        "figures": [(one.currency, charts(request, one)) for one in figures],
    }


def _task(request: Request, finding: Finding) -> HomeTask:
    act = ACTS[finding.key]
    return HomeTask(
        finding, finding.examples[:SHOWN], act.said, _listed(request, act.view, act.narrowed), _sums(finding)
    )


def _listed(request: Request, view: str, narrowed: Mapping[str, str]) -> str | None:
    for each in request.app.state.console.views:
        if each.is_model and each.identity == view and each.is_accessible(request):
            listed = str(request.url_for("admin:list", identity=view))
            return f"{listed}?{urlencode(narrowed)}" if narrowed else listed
    return None


def _sums(finding: Finding) -> str:
    """Add up what the finding is about, where all of it is known."""
    sums: dict[str, int] = {}
    for example in finding.examples:
        if example.amount_cents is None or example.currency is None:
            return ""
        sums[example.currency] = sums.get(example.currency, 0) + example.amount_cents
    if len(finding.examples) < finding.count:
        return ""
    return ", ".join(formatting.money(cents, currency) for currency, cents in sorted(sums.items()))


def age(since: datetime | None, now: datetime) -> str:
    """Say how long ago a moment is, in the largest whole unit."""
    if since is None:
        return ""
    minutes = max(int((now - since).total_seconds() // 60), 0)
    if minutes >= 1440:
        return ngettext("%(num)s day", "%(num)s days", minutes // 1440)
    if minutes >= 60:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return gettext("%(minutes)s min", minutes=minutes)


def _open(currency: str, now: datetime, days: tuple[int | None, int | None]) -> dict[str, str]:
    """Narrow the invoices to those that are owed, and late by so many days."""
    said, today = {"open": "yes", "currency": currency}, now.date()
    for name, late in (("due_to", days[0]), ("due_from", days[1])):
        if late is not None:
            said[name] = (today - timedelta(days=late)).isoformat()
    return said


def charts(request: Request, figures: Figures) -> list[Chart]:
    """Draw the figures of one currency; each bar leads to the rows behind it."""
    currency, names = figures.currency, [formatting.month(month) for month in figures.months]
    now = console_of(request).backend.clock.now()
    revenue = [
        Bar(
            name,
            cents,
            formatting.money(cents, currency),
            gettext("%(moved)s in the month", moved=formatting.signed(moved, currency)),
            _listed(request, "subscription", {"currency": currency, "runs_at": f"{at:%Y-%m-%dT%H:%M}"}),
        )
        for name, cents, moved, at in zip(
            names, figures.monthly_revenue[1:], figures.movements, [*figures.ends[:-1], now], strict=True
        )
    ]
    came = [
        Bar(
            name,
            cents,
            formatting.money(cents, currency),
            "",
            _listed(request, "invoice", {"currency": currency, "paid_in": f"{month:%Y-%m}"}),
        )
        for name, cents, month in zip(names, figures.collected, figures.months, strict=True)
    ]
    open_ones = [
        Bar(name, cents, formatting.money(cents, currency), "", _listed(request, "invoice", _open(currency, now, days)))
        for name, cents, days in (
            (gettext("not due"), figures.aged.not_due, (None, 0)),
            (gettext("1–30 days"), figures.aged.up_to_30, (1, 30)),
            ("31–60", figures.aged.up_to_60, (31, 60)),
            ("61–90", figures.aged.up_to_90, (61, 90)),
            (gettext("older"), figures.aged.older, (91, None)),
        )
    ]
    return [
        Chart(
            gettext("Monthly revenue, %(currency)s", currency=currency),
            gettext(
                "What the paid periods that ran at the end of each month bring in per month, quarters and years "
                "divided; a change within a period counts from the next one, and the last bar is now."
            ),
            revenue,
        ),
        Chart(
            gettext("Collected, %(currency)s", currency=currency),
            gettext("Payments by providers and by hand, less what was reversed, by the month they settled in."),
            came,
        ),
        Chart(
            gettext("Open by age, %(currency)s", currency=currency),
            gettext("What invoices are owed, by how many days they are late today."),
            open_ones,
        ),
    ]
