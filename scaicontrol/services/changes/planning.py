"""From what a rehearsal left to what a person reads and a hash covers. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from scaicontrol.core import canonical_json
from scaicontrol.core.actor import Actor
from scaicontrol.core.events import DomainEvent
from scaicontrol.core.recording import Recording, RowChange
from scaicontrol.core.verbs import VerbCall
from scaicontrol.services.webhooks.models import WebhookEndpoint

from .policy import SAID, ApprovalPolicy, PlannedTotals, Weighed, rule_for
from .reversal import reversal_of

Json = dict[str, Any]
_SECRET: Final = re.compile(r"(^|_)(secret|token|password|service_key)$")
_MONEY: Final[Mapping[str, tuple[str, Literal["in", "out"], str]]] = {
    "invoice.finalized": ("total_cents", "in", "invoice"),
    "credit_note.issued": ("total_cents", "out", "credit_note"),
    "payment.succeeded": ("amount_cents", "in", "payment"),
    "payment.refunded": ("amount_cents", "out", "refund"),
    "wallet.topped_up": ("amount_cents", "in", "top-up"),
    "wallet.refunded": ("amount_cents", "out", "refund"),
    "invoice.voided": ("total_cents", "out", "void"),
}
_DOCUMENTS: Final[Mapping[str, str]] = {
    "invoice.drafted": "drafted",
    "invoice.updated": "changed",
    "invoice.deleted": "deleted",
    "invoice.draft_voided": "set aside",
    "invoice.finalized": "finalized",
    "credit_note.issued": "issued",
    "invoice.voided": "voided",
    "invoice.paid": "paid",
    "credit_note.settled": "settled",
    "invoice.render_requested": "files made",
    "invoice.delivery_requested": "sent",
    "invoice.reminder_requested": "reminded of",
}
# Facts that mail follows from (`tasks/reactions.py`); a test holds this table against the choreography.
MAILED: Final[Mapping[str, str]] = {
    "invoice.delivery_requested": "document",
    "invoice.reminder_requested": "payment reminder",
    "dunning.reminder_due": "payment reminder",
    "payment.failed": "failed payment",
    "payment.reversed": "failed payment",
    "dispute.opened": "dispute",
    "dispute.won": "dispute",
    "dispute.lost": "dispute",
    "dispute.withdrawn": "dispute",
    "refund.failed": "refund",
    "refund.after_all": "refund",
    "subscription.suspended": "suspension",
    "subscription.trial_ending": "end of a trial",
    "subscription.terms_announced": "terms to come",
    "pack_subscription.suspended": "suspension",
    "pack_subscription.trial_ending": "end of a trial",
    "declaration.decided": "decision about a declaration",
}


def content_of(
    actor: Actor,
    call: VerbCall,
    recording: Recording,
    endpoints: Sequence[WebhookEndpoint],
    policy: ApprovalPolicy,
    planned: PlannedTotals | None = None,
) -> Json:
    """Write everything the plan shows; the same change gives the same content whenever it is planned."""
    rule = rule_for(Weighed.of(call.verb.name, recording, planned), policy.for_(actor))
    money = [moved for fact in recording.facts if (moved := _money(fact)) is not None]
    if planned is not None:
        money += _of_run(planned, str(call.arguments.get("run_id", "")))
    content: Json = {
        "action": call.verb.name,
        "arguments": call.shown(),
        "changes": [_change(row) for row in recording.rows()],
        "money": money,
        "totals": _totals(money),
        "documents": [touched for fact in recording.facts if (touched := _document(fact)) is not None],
        "mails": _mails(recording),
        "webhooks": _webhooks(recording.facts, endpoints),
        "services": [{"service": each.service, "call": each.call} for each in recording.outside],
        "facts": [
            {"topic": fact.topic, "resource_id": fact.resource_id, "payload": fact.payload} for fact in recording.facts
        ],
        "reversible": reversal_of(call.verb.name).model_dump(),
        "warnings": _warnings(recording, planned),
        "requires_approval": rule is not None,
        "policy_rule": rule,
        "input_versions": dict(sorted(recording.versions.items())),
    }
    stable: Json = recording.stable(content)
    return stable


def _of_run(planned: PlannedTotals, run_id: str) -> list[Json]:
    common = {"tenant_id": None, "direction": "in", "kind": "planned invoices", "resource_id": run_id}
    return [
        {**common, "currency": currency, "amount_cents": cents}
        for currency, cents in sorted(planned.by_currency.items())
    ]


def hash_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json.dumps(dict(content))).hexdigest()


def drift(shown: Json, found: Json) -> list[str]:
    """Name what differs between a plan and what would happen now, what matters most first."""
    keys = sorted({*shown, *found}, key=lambda key: (_ORDER.index(key) if key in _ORDER else len(_ORDER), key))
    return [each for key in keys for each in _differing(_by_name(shown.get(key)), _by_name(found.get(key)), key)]


_ORDER: Final = ("action", "arguments", "totals", "money", "documents", "mails", "services", "webhooks", "changes")


def _by_name(value: Any) -> Any:
    """Rows that change are told apart by what they are, not by their place in the list."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) and "field" in each for each in value):
        return value
    return {
        " ".join(filter(None, (each["resource_type"], each["resource_id"], each["field"]))): [
            each["before"],
            each["after"],
        ]
        for each in value
    }


def _differing(shown: Any, found: Any, where: str) -> list[str]:
    if isinstance(shown, Mapping) and isinstance(found, Mapping):
        keys = sorted({*shown, *found})
        return [each for key in keys for each in _differing(shown.get(key), found.get(key), f"{where}.{key}")]
    if isinstance(shown, list) and isinstance(found, list):
        pairs = enumerate(zip(shown, found, strict=False))
        differing = [each for at, (old, new) in pairs for each in _differing(old, new, f"{where}[{at}]")]
        if len(shown) != len(found):
            differing.append(f"{where}: {len(found)} entries instead of {len(shown)}")
        return differing
    return [] if shown == found else [f"{where}: {_short(found)} instead of {_short(shown)}"]


def _short(value: Any) -> str:
    written = str(value)
    return written if len(written) <= 60 else written[:57] + "…"


def _change(row: RowChange) -> Json:
    return {
        "resource_type": row.table,
        "resource_id": row.key,
        "field": row.field,
        "before": row.before,
        "after": row.after,
    }


def _money(fact: DomainEvent) -> Json | None:
    payload = fact.payload
    if fact.topic == "invoice.settlement_recorded" and payload.get("kind") == "manual":
        cents = int(payload["amount_cents"]) + int(payload["unapplied_cents"])
        direction, kind = ("in", "manual_payment") if cents > 0 else ("out", "paid_back")
    elif fact.topic in _MONEY:
        name, direction, kind = _MONEY[fact.topic]
        cents = int(payload[name])
    else:
        return None
    return {
        "tenant_id": payload.get("tenant_id"),
        "currency": payload["currency"],
        "amount_cents": abs(cents),
        "direction": direction,
        "kind": kind,
        "resource_id": fact.resource_id,
    }


def _totals(money: Sequence[Json]) -> list[Json]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for moved in money:
        sums[moved["currency"], moved["kind"], moved["direction"]] += moved["amount_cents"]
    return [
        {"currency": currency, "kind": kind, "direction": direction, "amount_cents": cents}
        for (currency, kind, direction), cents in sorted(sums.items())
    ]


def _document(fact: DomainEvent) -> Json | None:
    change = _DOCUMENTS.get(fact.topic)
    if change is None:
        return None
    payload = fact.payload
    default = "credit_note" if fact.topic.startswith("credit_note") else "invoice"
    return {
        "document_id": fact.resource_id,
        "document_type": payload.get("document_type", default),
        "number": payload.get("number"),
        "change": change,
        "currency": payload.get("currency"),
        "total_cents": payload.get("total_cents"),
    }


def _mails(recording: Recording) -> list[Json]:
    mails = []
    for fact in recording.facts:
        if kind := MAILED.get(fact.topic):
            recipients = fact.payload.get("recipients") or [f"billing contact of {fact.payload.get('tenant_id')}"]
            mails.append({"kind": kind, "resource_id": fact.resource_id, "recipients": list(recipients)})
    for row in recording.rows():
        if row.table == "outgoing_mail" and row.field is None and row.after:
            addresses = [recipient["email"] for recipient in row.after["recipients"]]
            mails.append({"kind": row.after["kind"], "resource_id": row.after["resource_id"], "recipients": addresses})
    return mails


def _webhooks(facts: Sequence[DomainEvent], endpoints: Sequence[WebhookEndpoint]) -> list[Json]:
    counted = Counter((fact.topic, fact.owners()[0]) for fact in facts if fact.public)
    return [
        {
            "topic": topic,
            "facts": count,
            "subscribers": sum(endpoint.takes(topic, partner_id) for endpoint in endpoints),
        }
        for (topic, partner_id), count in sorted(counted.items(), key=str)
    ]


def _warnings(recording: Recording, planned: PlannedTotals | None) -> list[str]:
    said = []
    if recording.outside:
        said.append("What others answer is assumed: every call to them succeeds.")
    if planned is not None:
        said.append(f"{planned.documents} documents are written as the run planned them; each is checked when written.")
    if not (recording.facts or recording.rows() or planned):
        said.append("Nothing would change.")
    return said


def without_secrets(value: Any) -> Any:
    """Leave out of a rehearsal's answer what only the real thing makes: nobody may take it for one that works."""
    if isinstance(value, Mapping):
        return {key: None if _SECRET.search(str(key)) else without_secrets(item) for key, item in value.items()}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def rule_sentence(name: str | None) -> str:
    return SAID.get(name or "", "")
