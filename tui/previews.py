"""What a verb would leave, a line each: the state first, then what a change plan foresees, then each fact."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from scaicontrol.core.events import DomainEvent
from scaicontrol.core.money import Money
from scaicontrol.services.changes.schemas import PlanContent

from .door import VerbPreview
from .verbs import Row
from .widgets.plain import plain

_SHOWN: Final = 6  # of each kind
_DULL: Final = frozenset({"currency", "step", "version", "canonical_digest", "scaicontrol_customer_id"})


def outcome(row: Row, preview: VerbPreview) -> list[Text]:
    """Say a preview in lines; what another person must approve says so first."""
    lines = []
    if preview.plan is not None and preview.plan.requires_approval:
        why = (preview.plan.policy_rule or "").replace("_", " ")
        lines.append(Text.assemble(("APPROVAL_REQUIRED", "bold reverse"), plain(f"  another person decides: {why}")))
    if preview.status and preview.status != row.status:
        before = f"{row.status.replace('_', ' ')} → " if row.status else ""
        lines.append(_line("status", plain(before), plain(preview.status.replace("_", " "), "bold")))
    if preview.plan is not None:
        lines += planned(preview.plan)
    lines += [_fact(fact) for fact in preview.facts]
    return lines or [Text("Nothing would change here.")]


def _line(kind: str, *said: Text) -> Text:
    return Text.assemble((f"{kind:<9}", "dim"), *said)


def planned(plan: PlanContent) -> Iterator[Text]:
    for moved in plan.totals[:_SHOWN]:
        amount = str(Money(moved.amount_cents, moved.currency))
        yield _line("money", plain(f"{amount} {moved.direction}", "bold"), plain(f"  {moved.kind.replace('_', ' ')}"))
    for document in plan.documents[:_SHOWN]:
        yield _line("document", plain(f"{document.number or document.document_id} {document.change}"))
    for mail in plan.mails[:_SHOWN]:
        yield _line("mail", plain(f"{mail.kind} to {', '.join(mail.recipients)}"))
    for call in plan.services[:_SHOWN]:
        yield _line("service", plain(f"{call.service}: {call.call}"))
    told = sum(each.facts * each.subscribers for each in plan.webhooks)
    if told:
        yield _line("webhooks", plain(str(told)))
    for warning in plan.warnings[:_SHOWN]:
        yield _line("warning", plain(warning, "yellow"))


def _fact(fact: DomainEvent) -> Text:
    payload = fact.payload
    currency = payload.get("currency")
    told = []
    for name, value in payload.items():
        if (
            value in (None, "", [], {})
            or isinstance(value, bool | dict | list)
            or name in _DULL
            or name.endswith("_id")
        ):
            continue
        amount = currency and name.endswith("_cents")
        spoken = str(Money(int(value), str(currency))) if amount else _short(str(value))
        told.append(f"{name.removesuffix('_cents').removesuffix('_at').replace('_', ' ')} {spoken}")
    return _line("fact", plain(fact.topic, "bold"), plain(f"  {' · '.join(told[:_SHOWN])}"))


def _short(written: str) -> str:
    return written if len(written) <= 40 else written[:37] + "…"
