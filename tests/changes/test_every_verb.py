"""Whatever can be done can be planned, and what is applied is what was shown: every verb, one case each."""

from collections import Counter
from datetime import timedelta
from difflib import ndiff
from typing import Any

import pytest

from migrations.schema import described
from scaicontrol.core.errors import Refused
from scaicontrol.core.recording import Recording, _dull
from scaicontrol.core.verbs import VERBS
from scaicontrol.services import changes
from scaicontrol.services.changes.models import ChangePlan
from scaicontrol.services.changes.planning import drift, hash_of

from .cases import CASES, Case, Stage
from .database import AUDIT, FACTS, PLANS, Changed, Database, counted, differences, mapped, nameless, whole
from .plans import a_call, agent_of, approved, as_called, refused_with_plan

described()  # imports every feature, and with it every verb
# These differ by database: they number, lock, take several transactions, or write very many rows.
ON_BOTH = {
    "billing.apply", "invoices.finalize", "invoices.void", "payments.refund", "subscriptions.bulk", "templates.save",
    "webhooks.create",
}  # fmt: skip
LATER = timedelta(minutes=1, microseconds=1)  # no two moments of a real clock share their microseconds
WHERE = [
    pytest.param(name, dialect, id=f"{name}-{dialect}", marks=[pytest.mark.mariadb] if dialect == "mariadb" else [])
    for name in sorted(CASES)
    for dialect in (("sqlite", "mariadb") if name in ON_BOTH else ("sqlite",))
]


def test_every_verb_has_a_case():
    named = {name.partition(" ")[0] for name in CASES}
    missing, unknown = sorted(VERBS.keys() - named), sorted(named - VERBS.keys())
    assert not missing, f"Give these verbs a case in tests/changes/cases, so that their plans are proven: {missing}"
    assert not unknown, f"These cases are about verbs that are gone: {unknown}"


@pytest.mark.parametrize(("name", "dialect"), WHERE)
async def test_an_agent_does_exactly_what_its_plan_showed(name, dialect, shop, clock, tmp_path):
    case = await CASES[name](Stage(shop, clock, tmp_path))
    agent, call = agent_of(case.person), a_call(name.partition(" ")[0], case.arguments)
    clock.advance(LATER)
    if name == "billing.plan":
        await nothing_has_to_be_agreed(shop, agent, call)
        return

    before = await whole(shop)
    asked = outside(shop)
    plan = await refused_with_plan(shop, agent, call)
    assert {row.table for row in differences(before, await whole(shop))} <= {PLANS, FACTS, AUDIT}
    assert outside(shop) == asked, "A rehearsal has been seen outside."

    clock.advance(LATER)
    again = await changes.plan_call(shop, agent, call)
    assert not drift(plan.content, again.content), "The same plan on the same state reads differently."
    assert hash_of(again.content) == plan.plan_hash

    if plan.requires_approval:
        assert plan.status == "pending_approval"
        await approved(shop, plan)
    clock.advance(LATER)
    before, recording = await whole(shop), Recording(clock.now())
    applied = await changes.apply(shop, agent, plan.id, plan.plan_hash)
    assert applied.status == "applied"
    compare(case, plan, recording, before, await whole(shop))

    before = await whole(shop)
    with pytest.raises(Refused, match="it is applied"):
        await changes.apply(shop, agent, plan.id, plan.plan_hash)
    assert differences(before, await whole(shop)) == []


async def nothing_has_to_be_agreed(backend, agent, call):
    """A run is a plan itself: computing one is free, and nothing follows from it until it is applied."""
    assert (await as_called(backend, agent, call)).status == "planned"


def outside(backend) -> list[str]:
    """What others have been asked so far."""
    ports = backend.ports
    sandbox = ports.payment_providers["sandbox"]
    calls = [ports.objects.stored, ports.vault.secrets, ports.mail.sent, ports.services.calls, ports.outbound.sent]
    woken = [each for each in ports.waker.woken if each[0] not in ("relay", "provision")]
    return [repr(each) for each in (*calls, woken, sandbox.charged, sandbox.refunded)]


def compare(case: Case, plan: ChangePlan, recording: Recording, before: Database, after: Database) -> None:
    """What lies in the database now, against what the plan said."""
    changed = differences(before, after)
    drawn(recording, changed)
    facts = [row.after for row in changed if row.table == FACTS and row.after and row.after["kind"] == "source"]
    told = [fact for fact in facts if not fact["event_type"].startswith("change_plan.")]
    if plan.action == "billing.apply":  # as large as it may be, its own hash holds its documents
        assert plan.content["totals"] == totals(told)
    else:
        assert_alike(
            [_fact(case, recording, each["event_type"], each["resource_id"], each["payload"]) for each in told],
            [
                _fact(case, recording, each["topic"], each["resource_id"], each["payload"])
                for each in plan.content["facts"]
            ],
        )
        assert_alike(found(case, recording, changed), shown(case, recording, plan))
    entries = [row.after for row in changed if row.table == AUDIT and row.after]
    mine = [entry for entry in entries if not entry["action"].startswith("change_plan.")]
    unlinked = [entry["action"] for entry in mine if entry["change_plan_id"] != plan.id]
    assert not unlinked, f"These audit entries do not name the plan: {unlinked}"
    assert len([entry for entry in mine if entry["action"] != "platform_sql.used"]) == len(told)


def totals(told: list[Any]) -> list[Any]:
    """What a run's invoices come to."""
    sums = Counter[str]()
    for fact in told:
        if fact["event_type"] == "invoice.finalized":
            sums[fact["payload"]["currency"]] += fact["payload"]["total_cents"]
    return [
        {"currency": currency, "kind": "planned invoices", "direction": "in", "amount_cents": cents}
        for currency, cents in sorted(sums.items())
    ]


def drawn(recording: Recording, changed: list[Changed]) -> None:
    """Numbers of documents are drawn when they are needed; plans say `(next number)`."""
    classes = mapped()
    for row in changed:
        columns = classes[row.table].__table__.columns if row.table in classes else ()
        for column in columns:
            value = (row.after or {}).get(column.name)
            if column.info.get("drawn") and isinstance(value, str):
                recording.note_drawn(column.name, value)


def _fact(case: Case, recording: Recording, topic: str, resource_id: str, payload: Any) -> Any:
    said = {name: value for name, value in payload.items() if name not in case.answered}
    return nameless(recording, [topic, resource_id, said])


def found(case: Case, recording: Recording, changed: list[Changed]) -> list[Any]:
    """The rows that differ, one entry for a new or gone row, one for each field of the others."""
    classes, entries = mapped(), []
    for row in changed:
        kind = classes[row.table]
        is_fact = row.table == FACTS and (row.after or row.before or {})["kind"] == "source"
        if is_fact or row.table == AUDIT or kind.bookkeeping:
            continue
        names = {
            column.name: attribute.key
            for attribute in kind.__mapper__.column_attrs
            for column in attribute.columns
            if column.table is kind.__table__ and column.computed is None
        }
        told = {
            names[name]: f"(next {name})" if kind.__table__.columns[name].info.get("drawn") and value else value
            for name, value in (row.fields() if row.before and row.after else row.after or row.before or {}).items()
            if name in names
        }
        said = {
            name: value
            for name, value in told.items()
            if not _dull(name) and name not in case.answered and (value is not None or (row.before and row.after))
        }
        if row.before and row.after:
            entries += [nameless(recording, [row.table, row.key, name, value]) for name, value in said.items()]
        else:
            entries.append(nameless(recording, [row.table, row.key, "new" if row.after else "gone", said]))
    return entries


def shown(case: Case, recording: Recording, plan: ChangePlan) -> list[Any]:
    entries = []
    for change in plan.content["changes"]:
        table, key, field = change["resource_type"], change["resource_id"], change["field"]
        if field is None:
            said = {n: v for n, v in (change["after"] or change["before"]).items() if n not in case.answered}
            entries.append(nameless(recording, [table, key, "new" if change["after"] else "gone", said]))
        elif field not in case.answered:
            entries.append(nameless(recording, [table, key, field, change["after"]]))
    return entries


def assert_alike(left: list[Any], planned: list[Any]) -> None:
    done, promised = counted(left), counted(planned)
    differing = ndiff(sorted((promised - done).elements()), sorted((done - promised).elements()))
    assert done == promised, "What was shown (-), and what was done (+):\n" + "\n".join(differing)
