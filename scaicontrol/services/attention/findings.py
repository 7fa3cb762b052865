"""Each question asks one feature for what is wrong, how much of it there is, and the first few of it."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from scaicontrol.core import leases
from scaicontrol.core.pagination import Page, PageRequest
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import (
    accounting,
    bank_statements,
    billing,
    changes,
    credits,
    declarations,
    documents,
    invoices,
    notifications,
    payments,
    provisioning,
    registry,
    subscriptions,
    webhooks,
)
from scaicontrol.services.bank_statements.schemas import BankLineFilter
from scaicontrol.services.changes.lifecycle import PlanStatus
from scaicontrol.services.changes.schemas import ChangePlanFilter
from scaicontrol.services.credits.schemas import ReceivableFilter
from scaicontrol.services.declarations.schemas import DeclarationFilter
from scaicontrol.services.invoices.lifecycle import InvoiceStatus
from scaicontrol.services.invoices.reads.documents import by_ids
from scaicontrol.services.invoices.schemas import InvoiceFilter
from scaicontrol.services.payments.lifecycle import DisputeState
from scaicontrol.services.payments.schemas import DisputeFilter, PaymentFilter
from scaicontrol.services.registry.lifecycle import HealthStatus, ServiceStatus
from scaicontrol.services.subscriptions.lifecycle import SubscriptionStatus
from scaicontrol.services.subscriptions.schemas import SubscriptionFilter

from .found import Finding, FindingExample, Severity

_FEW: Final = PageRequest(page_size=50)
_OLDEST: Final = PageRequest(page_size=50, sort="created_at")
_CLIPPED: Final = 80  # letters of what a payer wrote
_JOB_IS_LATE: Final = timedelta(minutes=15)


async def findings(uow: UnitOfWork) -> list[Finding]:
    """Ask every feature this actor may read; the most urgent first."""
    uow.authorize("identity:me")
    found = [await ask(uow) for permission, ask in QUESTIONS if uow.actor.may(permission)]
    open_ones = [finding for finding in found if finding.count]
    return sorted(open_ones, key=lambda finding: finding.urgency(uow.now))


async def _dead_deliveries(uow: UnitOfWork) -> Finding:
    endpoints = await webhooks.listing(uow)
    counted = await webhooks.statistics(uow, [endpoint.id for endpoint in endpoints])
    dead = [(endpoint, counted[endpoint.id].get("dead", 0)) for endpoint in endpoints]
    examples = [
        FindingExample("webhook_subscription", endpoint.id, f"{endpoint.name}: {number} dead, {endpoint.target_url}")
        for endpoint, number in dead
        if number
    ]
    total = sum(number for _, number in dead)
    return Finding("dead_deliveries", "critical", "webhook deliveries are dead", total, examples)


async def _disabled_endpoints(uow: UnitOfWork) -> Finding:
    off = [endpoint for endpoint in await webhooks.listing(uow) if endpoint.disabled_reason in ("gone", "failing")]
    examples = [
        FindingExample("webhook_subscription", e.id, f"{e.name}: {e.disabled_reason}, {e.target_url}", e.disabled_at)
        for e in off
    ]
    return Finding("disabled_endpoints", "critical", "webhook subscribers were switched off", len(off), examples)


async def _late_renders(uow: UnitOfWork) -> Finding:
    late = await documents.late_renders(uow)
    told = [f"{each.invoice_id} v{each.version}: {each.last_error or 'no error yet'}" for each in late]
    examples = [
        FindingExample("invoice", each.invoice_id, text, each.requested_at, each.tenant_id)
        for each, text in zip(late, told, strict=True)
    ]
    return Finding("late_renders", "critical", "documents wait for their files", len(late), examples)


async def _past_due(uow: UnitOfWork) -> Finding:
    late = InvoiceFilter(status=InvoiceStatus.past_due)
    page = await invoices.page(uow, PageRequest(page_size=50, sort="due_date"), late)
    examples = [
        FindingExample(
            "invoice",
            invoice.id,
            f"{invoice.number}, due {invoice.due_date}",
            datetime.combine(invoice.due_date, time(), UTC) if invoice.due_date else invoice.finalized_at,
            invoice.tenant_id,
            invoice.amount_due_cents,
            invoice.currency,
        )
        for invoice in page.items
    ]
    return Finding("past_due", "warning", "invoices are past due", page.total, examples)


async def _failed_payments(uow: UnitOfWork) -> Finding:
    page = await payments.page(uow, _FEW, PaymentFilter(is_uncollected=True))
    numbers = await invoices.numbers(uow, [payment.invoice_id for payment in page.items])
    examples = [
        FindingExample(
            "payment",
            payment.id,
            f"{numbers.get(payment.invoice_id, payment.invoice_id)}, "
            f"{payment.failure_message or payment.failure_code or 'no reason given'}",
            payment.created_at,
            payment.tenant_id,
            payment.amount_cents,
            payment.currency,
        )
        for payment in page.items
    ]
    return Finding("failed_payments", "warning", "payments failed", page.total, examples)


async def _mismatched_payments(uow: UnitOfWork) -> Finding:
    page = await payments.page(uow, _OLDEST, PaymentFilter(is_mismatched=True))
    examples = [
        FindingExample(
            "payment",
            payment.id,
            payment.failure_message or "the provider says another amount",
            payment.created_at,
            payment.tenant_id,
            payment.amount_cents,
            payment.currency,
        )
        for payment in page.items
    ]
    return Finding(
        "mismatched_payments", "critical", "payments on which providers and books disagree", page.total, examples
    )


async def _receivables(uow: UnitOfWork) -> Finding:
    page = await credits.receivables(uow, _OLDEST, ReceivableFilter(is_open=True))
    numbers = await invoices.numbers(uow, [owed.invoice_id for owed in page.items])
    examples = [
        FindingExample(
            "receivable",
            owed.id,
            f"{owed.source.replace('_', ' ')}, beside {numbers.get(owed.invoice_id, owed.invoice_id)}",
            owed.created_at,
            owed.tenant_id,
            owed.remaining_cents,
            owed.currency,
        )
        for owed in page.items
    ]
    return Finding("receivables", "warning", "tenants have money twice", page.total, examples)


async def _failed_refunds(uow: UnitOfWork) -> Finding:
    page = await payments.refunds_that_failed(uow, _FEW)
    told = [(each, each.failure_message or "no reason given") for each in page.items]
    examples = [FindingExample("refund", each.id, text, each.created_at, each.tenant_id) for each, text in told]
    return Finding("failed_refunds", "critical", "refunds failed", page.total, examples)


async def _open_disputes(uow: UnitOfWork) -> Finding:
    page = await payments.disputes(
        uow, PageRequest(page_size=50, sort="evidence_due_at"), DisputeFilter(status=DisputeState.opened)
    )
    examples = [
        FindingExample(
            "dispute",
            dispute.id,
            f"{dispute.reason or 'no reason given'}, {_due(dispute.evidence_due_at)}",
            dispute.opened_at,
            dispute.tenant_id,
            dispute.amount_cents,
            dispute.currency,
            dispute.evidence_due_at,
        )
        for dispute in page.items
    ]
    return Finding("disputes", "critical", "payments are disputed", page.total, examples)


def _due(moment: datetime | None) -> str:
    return f"evidence is due by {moment:%d %b %Y, %H:%M} UTC" if moment else "evidence is due on no known day"


async def _bank_lines(uow: UnitOfWork) -> Finding:
    page = await bank_statements.lines(uow, _OLDEST, BankLineFilter(is_open=True))
    examples = [
        FindingExample(
            "bank_line",
            line.id,
            f"{line.counterparty_name or 'nobody named'}, {(line.remittance or 'no reference')[:_CLIPPED]}: "
            f"{line.note or 'new'}",
            line.created_at,
            None,
            abs(line.amount_cents),  # what came and what went back are both at stake: they make up for nothing
            line.currency,
        )
        for line in page.items
    ]
    return Finding("bank_lines", "warning", "bank lines wait for somebody", page.total, examples)


async def _exports(uow: UnitOfWork) -> Finding:
    page = await accounting.failed(uow, _OLDEST)
    told = [(each, f"{each}: {each.last_error or 'no reason given'}") for each in page.items]
    examples = [FindingExample("accounting_sync_item", each.id, text, each.created_at) for each, text in told]
    return Finding("exports", "warning", "exports to the books failed", page.total, examples)


async def _declarations(uow: UnitOfWork) -> Finding:
    page = await declarations.page(uow, _OLDEST, DeclarationFilter(is_open=True))
    examples = [
        FindingExample(
            "declaration",
            each.id,
            f"{each.kind} of {each.name}: {each.contract[:_CLIPPED]}",
            each.submitted_at,
            each.found_tenant_id,
        )
        for each in page.items
    ]
    return Finding("declarations", "critical", "consumers' declarations wait for somebody", page.total, examples)


async def _quarantine(uow: UnitOfWork) -> Finding:
    page = await billing.page_quarantine(uow, _FEW, is_open=True, is_draft=False)
    examples = [
        FindingExample(
            "quarantine_item",
            item.id,
            f"{item.reason_code.replace('_', ' ')}: {item.charge_kind.replace('_', ' ')}, {item.detail}",
            item.created_at,
            item.tenant_id,
        )
        for item in page.items
    ]
    return Finding("quarantine", "critical", "charges are in quarantine", page.total, examples)


async def _refused_drafts(uow: UnitOfWork) -> Finding:
    page = await billing.page_quarantine(uow, _FEW, is_open=True, is_draft=True)
    drafts = await by_ids(uow, [item.subject_id for item in page.items])
    examples = [
        FindingExample(
            "quarantine_item",
            item.id,
            item.detail,
            item.created_at,
            item.tenant_id,
            *((draft.total_cents, draft.currency) if (draft := drafts.get(item.subject_id)) else ()),
        )
        for item in page.items
    ]
    return Finding("refused_drafts", "critical", "drafts are refused by the gate", page.total, examples)


async def _provisioning(uow: UnitOfWork) -> Finding:
    page = await provisioning.page(uow, _FEW, is_stuck=True)
    examples = [
        FindingExample(
            "workflow",
            flow.id,
            f"{flow.action} {flow.plan_key}: {flow.status}",
            flow.created_at,
            flow.tenant_id,
            hurts_at=flow.rollback_at,
        )
        for flow in page.items
    ]
    return Finding("provisioning", "critical", "provisioning workflows failed", page.total, examples)


async def _unhealthy(uow: UnitOfWork) -> Finding:
    states = (HealthStatus.unreachable, HealthStatus.degraded)
    pages = [await registry.page(uow, _FEW, health_status=status) for status in states]
    examples = [
        FindingExample("service", service.id, f"{service.slug}: {service.health_status}", service.last_heartbeat_at)
        for page in pages
        for service in page.items
    ]
    severity: Severity = "critical" if pages[0].total else "warning"
    return Finding("unhealthy", severity, "services are not healthy", _total(pages), examples)


async def _registrations(uow: UnitOfWork) -> Finding:
    page = await registry.page(uow, _OLDEST, status=ServiceStatus.pending)
    told = [(each, f"{each.slug}, of client {each.app_id}") for each in page.items]
    examples = [FindingExample("service", each.id, text, each.created_at) for each, text in told]
    return Finding("registrations", "warning", "services wait to be let in", page.total, examples)


def _total(pages: Iterable[Page[Any]]) -> int:
    return sum(page.total for page in pages)


def _subscriptions(key: str, status: SubscriptionStatus, what: str) -> Callable[[UnitOfWork], Awaitable[Finding]]:
    async def ask(uow: UnitOfWork) -> Finding:
        page = await subscriptions.page(uow, _FEW, SubscriptionFilter(status=status))
        examples = [
            FindingExample(
                "subscription",
                each.id,
                ", ".join(filter(None, (each.plan_key, each.external_reference))),
                each.past_due_since or each.suspended_at,
                each.tenant_id,
                each.mrr_amount_cents,
                each.currency,
            )
            for each in page.items
        ]
        return Finding(key, "warning", what, page.total, examples)

    return ask


async def _waiting_approvals(uow: UnitOfWork) -> Finding:
    page = await changes.page(uow, _OLDEST, ChangePlanFilter(status=PlanStatus.pending_approval))
    examples = [
        FindingExample(
            "change_plan",
            plan.id,
            f"{plan.action}, asked for by {plan.created_by}",
            plan.created_at,
            hurts_at=plan.expires_at,
        )
        for plan in page.items
    ]
    return Finding("approvals", "warning", "changes wait for approval", page.total, examples)


async def _bounced_mails(uow: UnitOfWork) -> Finding:
    page = await notifications.undelivered(uow, _FEW)
    examples = [
        FindingExample(
            "mail",
            mail.id,
            f"{mail.subject}: {mail.status}, to {', '.join(to['email'] for to in mail.recipients)}",
            mail.created_at,
            mail.tenant_id,
        )
        for mail in page.items
    ]
    return Finding("mails", "warning", "mails did not arrive", page.total, examples)


async def _late_jobs(uow: UnitOfWork) -> Finding:
    """Name the jobs whose last run failed, or began long ago and has not ended, and those that nobody ran in time."""
    examples = []
    for job in await leases.jobs(uow):
        began, ended = job.last_started_at, job.last_finished_at
        if began is None:
            continue
        if job.is_running:
            if began + _JOB_IS_LATE < uow.now:
                examples.append(FindingExample("job", job.name, f"{job.name} began and has not ended", began))
        elif job.has_failed:
            examples.append(FindingExample("job", job.name, f"{job.name} {job.last_result}", ended))
        elif job.lateness(uow.now):
            examples.append(FindingExample("job", job.name, f"{job.name} was due and did not run", job.next_due_at))
    return Finding("jobs", "critical", "jobs are late or failed", len(examples), examples)


QUESTIONS: Final[tuple[tuple[str, Callable[[UnitOfWork], Awaitable[Finding]]], ...]] = (
    ("webhooks:read", _dead_deliveries),
    ("webhooks:read", _disabled_endpoints),
    ("invoices:administer", _late_renders),
    ("billing:plan", _quarantine),
    ("billing:plan", _refused_drafts),
    ("provisioning:read", _provisioning),
    ("services:list", _unhealthy),
    ("services:list", _registrations),
    ("invoices:read", _past_due),
    ("payments:read", _failed_payments),
    ("payments:read", _mismatched_payments),
    ("payments:read", _failed_refunds),
    ("receivables:read", _receivables),
    ("disputes:read", _open_disputes),
    ("bank_statements:read", _bank_lines),
    ("accounting:read", _exports),
    ("declarations:read", _declarations),
    (
        "subscriptions:read",
        _subscriptions("subscriptions_past_due", SubscriptionStatus.past_due, "subscriptions are past due"),
    ),
    ("subscriptions:read", _subscriptions("suspended", SubscriptionStatus.suspended, "subscriptions are suspended")),
    ("changes:read", _waiting_approvals),
    ("invoices:administer", _bounced_mails),
    ("jobs:read", _late_jobs),
)
