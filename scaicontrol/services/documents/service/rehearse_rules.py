"""
Rehearsing rules: what of the last days' documents would fail under rule sets that do not hold yet.

A document is written anew as the current writer writes it, so the answer is about the documents of tomorrow. Nothing is
stored, and documents that are sealed stay as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, Reason
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import einvoices, invoices
from scaicontrol.services.einvoices import format_of
from scaicontrol.services.invoices import document_source
from scaicontrol.services.invoices.document_source import DocumentSource
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.invoices.page_rendering import written_and_judged
from scaicontrol.services.invoices.reads import documents


@dataclass(frozen=True, slots=True)
class WouldFail:
    """A document that passes today and would be refused under the rehearsed rules, with every reason."""

    invoice_id: str
    number: str
    issue_date: date
    profile: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RulesRehearsal:
    """What was asked (`rules`: name, version, digest), of how many documents, and which would fail."""

    rules: tuple[str, ...]
    documents: int
    untouched: int  # documents in profiles these rules say nothing about
    would_fail: tuple[WouldFail, ...]


async def rehearse_rules(
    backend: Backend,
    actor: Actor,
    days: int,
    rules: Sequence[einvoices.RuleSet] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> RulesRehearsal:
    """
    Hold the documents finalized in the last `days` days against rule sets, by default the newest of every name.

    Raises Unavailable when the validator gives no answer: a rehearsal that was not held finds nothing.
    """
    actor.require("einvoice_rules:read")
    if missing := einvoices.missing():
        raise Invalid(f"Nothing can be rehearsed here. {missing[0]}")
    ids = await backend.ask(actor, finalized_since, days)
    asked: dict[str, None] = dict.fromkeys(map(str, rules or ()))
    found, untouched = [], 0
    newest = rules if rules is not None else await backend.ask(actor, newest_rules)
    for done, invoice_id in enumerate(ids, start=1):
        source, invoice = await backend.ask(actor, _sealed, invoice_id)
        target = format_of(source.buyer)
        profile = einvoices.profile_of(target)
        of_profile = (
            [each for each in newest if profile.key in each.profiles]
            if rules is not None
            else einvoices.chosen(profile.key, date.max, newest)
        )
        asked |= dict.fromkeys(map(str, of_profile))
        if not of_profile:
            untouched += 1
        else:
            _, verdict = await written_and_judged(source, target, rules=of_profile)
            if verdict.reasons:
                issued = invoice.issue_date or backend.clock.now().date()
                found.append(WouldFail(invoice.id, invoice.number or "", issued, profile.key, verdict.reasons))
        progress(done, len(ids))
    return RulesRehearsal(tuple(asked), len(ids), untouched, tuple(found))


async def finalized_since(uow: UnitOfWork, days: int) -> list[str]:
    """List the documents finalized in the last days, the oldest first."""
    uow.authorize("invoices:administer")
    return await documents.finalized_since(uow, uow.now - timedelta(days=days))


async def newest_rules(uow: UnitOfWork) -> list[einvoices.RuleSet]:
    """Bring every installed rule set that is not retired, also those whose day has not come."""
    uow.authorize("einvoice_rules:read")
    rows = [row for row in await einvoices.installed(uow) if row.retired_at is None]
    return await einvoices.with_files(uow, rows)


async def _sealed(uow: UnitOfWork, invoice_id: str) -> tuple[DocumentSource, Invoice]:
    uow.authorize("invoices:administer")
    invoice = await invoices.get(uow, invoice_id)
    return await document_source.source_of(uow, invoice), invoice
