"""The timetable on one page: what runs how often. Everything due has a column; a job only finds it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from scaicontrol.core import idempotency
from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.settings import Settings
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import (
    accounting,
    billing,
    changes,
    documents,
    identity_sync,
    invariants,
    invoices,
    mails,
    notifications,
    packs,
    payments,
    provisioning,
    registry,
    statements,
    subscriptions,
    tax,
    uploads,
    usage,
    wallets,
    webhooks,
)

from . import relay
from .jobs import Job

_BATCH = 500


async def event_dispatcher(backend: Backend) -> str:
    """Show facts to their readers and deliver webhooks until nothing is due."""
    settled = await relay.react(backend)
    made = await webhooks.relay(backend)
    sent = await webhooks.dispatch(backend)
    return f"{settled} facts settled, {made} deliveries made, {sent} attempts"


def _until_done(name: str, *verbs: Callable[[UnitOfWork], Awaitable[int]]) -> Callable[[Backend], Awaitable[str]]:
    """Repeat bounded verbs, one after the other, until each finds less than a full batch."""

    async def job(backend: Backend) -> str:
        actor, done = Actor.system(name), 0
        for verb in verbs:
            count = _BATCH
            while count >= _BATCH:
                count = await backend.perform(actor, verb)
                done += count
        return f"{done} done"

    return job


async def subscription_trial_expiry(backend: Backend) -> str:
    actor, done = Actor.system("subscription_trial_expiry"), 0
    while True:
        ended = await backend.perform(actor, subscriptions.expire_trials, payments.who_can_pay)
        done += ended.count
        if ended.count < _BATCH:
            break
    count = _BATCH
    while count >= _BATCH:
        count = await backend.perform(actor, packs.expire_trials, payments.who_can_pay)
        done += count
    return f"{done} trials decided"


async def document_render(backend: Backend) -> int:
    return await documents.render_due(backend, Actor.system("document_render"))


async def provisioning_sweep(backend: Backend) -> int:
    return await provisioning.run_due(backend)


async def payment_reconcile(backend: Backend) -> str:
    """Ask providers about open outcomes, act on their webhooks, ask about disputes, and repeat failed refunds."""
    charged = await payments.charge_due(backend)
    processed = await payments.process_inbound(backend)
    disputed = await payments.ask_disputes(backend)
    refunded = await payments.refund_due(backend)
    return f"{charged} payments, {processed} provider events, {disputed} disputes, {refunded} refunds"


async def dunning(backend: Backend) -> str:
    done = 0
    while count := await backend.perform(Actor.system("dunning"), payments.run_dunning):
        done += count
    await payments.charge_due(backend)
    return f"{done} steps"


async def identity_reconciliation(backend: Backend) -> identity_sync.SyncReport:
    return await identity_sync.sync(backend)


async def orphan_sweep(backend: Backend) -> str:
    actor, removed = Actor.system("orphan_sweep"), 0
    while count := await backend.perform(actor, idempotency.sweep):
        removed += count
    pruned = 0
    while count := await backend.perform(actor, usage.prune):
        pruned += count
    files = 0
    for feature in (documents, statements, accounting, uploads):
        files += await feature.sweep_orphans(backend, actor)
    return f"{removed} expired keys, {pruned} old usage events, {files} files that belong to nothing removed"


async def quota_alerts(backend: Backend) -> str:
    """Tell who has used up a quota or a budget, or will have."""
    quotas = await usage.alert_quotas(backend)
    budgets = await usage.alert_budgets(backend)
    return f"{quotas} thresholds and {budgets} budgets told"


async def change_plans(backend: Backend) -> str:
    actor, expired = Actor.system("change_plans"), 0
    while count := await backend.perform(actor, changes.expire):
        expired += count
    lost = await backend.perform(actor, changes.release_interrupted)
    return f"{expired} expired, {lost} interrupted"


async def chain_verify(backend: Backend) -> str:
    return await documents.verify_every_series(backend, Actor.system("chain_verify"))


async def invariant_check(backend: Backend) -> str:
    return await invariants.require_all(backend, Actor.system("invariant_check"))


JOBS: tuple[Job, ...] = (
    Job("event_dispatcher", timedelta(seconds=30), event_dispatcher),
    Job("provisioning_sweep", timedelta(seconds=15), provisioning_sweep),
    Job("registry_heartbeat_monitor", timedelta(seconds=60), registry.monitor),
    Job("document_render", timedelta(seconds=60), document_render),
    Job("notification_digest", timedelta(minutes=5), mails.mail_digests),
    Job("mail_dispatch", timedelta(seconds=60), notifications.dispatch_mail),
    Job("payment_charge", timedelta(minutes=5), payments.charge_due),
    Job("payment_reconcile", timedelta(minutes=10), payment_reconcile),
    Job("usage_aggregation", timedelta(minutes=5), usage.aggregate),
    Job("quota_alerts", timedelta(minutes=15), quota_alerts),
    Job("dunning", timedelta(minutes=15), dunning),
    Job("accounting_sync", timedelta(minutes=15), accounting.sync_due),
    Job("change_plans", timedelta(minutes=15), change_plans),
    Job(
        "subscription_renewal",
        timedelta(hours=1),
        _until_done("subscription_renewal", subscriptions.renew, packs.renew),
    ),
    Job("subscription_reaper", timedelta(hours=1), _until_done("subscription_reaper", subscriptions.reap, packs.reap)),
    Job("subscription_trial_expiry", timedelta(hours=1), subscription_trial_expiry),
    Job(
        "subscription_term_expiry",
        timedelta(hours=1),
        _until_done("subscription_term_expiry", subscriptions.expire_terms),
    ),
    Job("monthly_invoice_generator", timedelta(hours=1), billing.generate),
    Job("identity_reconciliation", timedelta(hours=1), identity_reconciliation),
    Job(
        "trial_ending_notifier",
        timedelta(days=1),
        _until_done("trial_ending_notifier", subscriptions.notice_trial_ending, packs.notice_trial_ending),
    ),
    Job("vies_recheck", timedelta(days=1), tax.recheck),
    Job("invoice_overdue", timedelta(days=1), _until_done("invoice_overdue", invoices.mark_overdue)),
    Job("wallet_expiry", timedelta(days=1), _until_done("wallet_expiry", wallets.expire_due)),
    Job("orphan_sweep", timedelta(days=1), orphan_sweep),
    Job("invariant_check", timedelta(hours=1), invariant_check),
    Job("chain_verify", timedelta(weeks=1), chain_verify),
)


def timetable(settings: Settings) -> tuple[Job, ...]:
    """Give every job at this installation's own pace."""
    paces = {
        "event_dispatcher": timedelta(seconds=settings.webhook_tick_seconds),
        "registry_heartbeat_monitor": timedelta(seconds=settings.registry_heartbeat_monitor_interval),
        "identity_reconciliation": timedelta(minutes=settings.scaikey_sync_interval_minutes),
    }
    return tuple(replace(job, every=paces.get(job.name, job.every)) for job in JOBS)
