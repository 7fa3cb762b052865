"""INSERT in every shape, also from a query."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from scaicontrol.core.platform_settings import PlatformSetting
from scaicontrol.db.criteria import SUBSCRIPTIONS
from scaicontrol.services.catalog.models import Plan
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.usage.models import UsageEvent
from scaicontrol.services.webhooks.models import WebhookEndpoint
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SCAIDRIVE, SOUTHBAY
from tests.isolation.shapes_change import MOMENT, SETTINGS, T, _others

INSERTS: dict[str, Any] = {}


def insert(build: Any) -> Any:
    INSERTS[build.__name__] = build
    return build


_MONEY = (
    "subtotal_cents",
    "tax_cents",
    "total_cents",
    "amount_paid_cents",
    "amount_credited_cents",
    "amount_due_cents",
)


def _copy_of(source: Any) -> Any:
    names = [column.key for column in T.columns if column.key not in ("id", "notes", "tenant_id", "partner_id")]
    taken = (sa.literal("inv_copied"), source.c.notes, sa.literal(ACME), sa.literal(NORTHWIND))
    copied = sa.select(*taken, *(source.c[name] for name in names)).where(source.c.tenant_id == INITECH).limit(1)
    return ["id", "notes", "tenant_id", "partner_id", *names], copied


@insert
def rows_copied_from_an_entity():
    names, _ = _copy_of(T)
    own = {"id": sa.literal("inv_copied"), "tenant_id": sa.literal(INITECH), "partner_id": sa.literal(SOUTHBAY)}
    chosen = sa.select(*(own.get(name, getattr(Invoice, name)) for name in names)).limit(1)
    return sa.insert(Invoice).from_select(names, chosen)


@insert
def rows_copied_from_a_core_table():
    return sa.insert(Invoice).from_select(*_copy_of(T))


@insert
def rows_copied_from_a_core_alias():
    return sa.insert(Invoice).from_select(*_copy_of(T.alias("other")))


@insert
def rows_copied_from_core_to_core():
    return sa.insert(T).from_select(*_copy_of(T))


@insert
def rows_copied_from_text():
    names, _ = _copy_of(T)
    taken = ["'inv_copied'", "notes", f"'{ACME}'", f"'{NORTHWIND}'", *names[4:]]
    told = sa.text(f"SELECT {', '.join(taken)} FROM invoices WHERE tenant_id = '{INITECH}' LIMIT 1")
    return sa.insert(T).from_select(names, told.columns(*(sa.column(name) for name in names)), include_defaults=False)


def _settings(value: Any) -> Any:
    moment = sa.select(sa.func.max(Plan.created_at)).scalar_subquery()
    return sa.select(sa.literal("stolen"), value, moment, moment, sa.literal(1))


_SETTING = ["key", "value", "created_at", "updated_at", "version"]


@insert
def a_platforms_row_from_a_core_table():
    quoted = sa.literal('"') + sa.func.max(T.c.notes) + sa.literal('"')
    return sa.insert(PlatformSetting).from_select(_SETTING, _settings(sa.select(quoted).scalar_subquery()))


@insert
def a_platforms_row_from_an_entity():
    return sa.insert(PlatformSetting).from_select(
        _SETTING, _settings(sa.select(sa.func.count(Invoice.id)).scalar_subquery())
    )


@insert
def a_platforms_core_row():
    counted = sa.select(sa.func.count(T.c.id)).scalar_subquery()
    return sa.insert(SETTINGS).from_select(_SETTING, _settings(counted))


@insert
def a_platforms_row_from_the_scopes_own_table():
    counted = sa.select(sa.func.count(SUBSCRIPTIONS.c.tenant_id)).scalar_subquery()
    return sa.insert(SETTINGS).from_select(_SETTING, _settings(counted))


@insert
def rows_that_replace_others():
    names, _ = _copy_of(T)
    own = {"notes": sa.literal("x"), "tenant_id": sa.literal(ACME), "partner_id": sa.literal(NORTHWIND)}
    taken = sa.select(*(own.get(name, T.c[name]) for name in names))
    return (
        sa.insert(T)
        .prefix_with("OR REPLACE", dialect="sqlite")
        .prefix_with("IGNORE", dialect="mysql")
        .from_select(names, taken)
    )


async def _foreign_invoice(session: Any) -> dict[str, Any]:
    def read(sync: Any) -> dict[str, Any]:
        cursor = sync.connection().connection.cursor()
        cursor.execute(f"SELECT * FROM invoices WHERE tenant_id = '{INITECH}'")
        names = [each[0] for each in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
        cursor.execute("SELECT 1")
        cursor.fetchall()
        return row

    row = await session.run_sync(read)
    return {
        name: row[name] for name in ("id", "tenant_id", "partner_id", "document_type", "status", "currency", "version")
    } | {name: row[name] for name in _MONEY}


@insert
async def a_row_over_a_foreign_key(session):
    row = await _foreign_invoice(session) | {"tenant_id": ACME, "partner_id": NORTHWIND, "reverse_charge": False}
    row |= {"created_at": MOMENT, "updated_at": MOMENT, "notes": "x"}
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(
            sqlite_insert(T).values(row).on_conflict_do_update(index_elements=["id"], set_={"notes": "x"})
        )
    else:
        await session.execute(mysql_insert(T).values(row).on_duplicate_key_update(notes="x"))


@insert
async def a_replacing_prefix(session):
    row = await _foreign_invoice(session) | {"tenant_id": ACME, "partner_id": NORTHWIND, "reverse_charge": False}
    row |= {"created_at": MOMENT, "updated_at": MOMENT, "notes": "x"}
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(sa.insert(Invoice).prefix_with("OR REPLACE"), [row])
    else:
        await session.execute(sa.text("REPLACE INTO invoices SELECT * FROM invoices"))


def _usage(**fields: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "id": "usg_new",
        "tenant_id": ACME,
        "partner_id": NORTHWIND,
        "service_id": SCAIDRIVE,
        "metric_slug": "x",
    }
    given |= {
        "idempotency_key": "new",
        "quantity": Decimal(1),
        "occurred_at": MOMENT,
        "counted_at": MOMENT,
        "late": False,
    }
    return given | {"created_at": MOMENT, "updated_at": MOMENT} | fields


@insert
async def a_value_of_a_core_query_in_values(session):
    await session.execute(sa.insert(UsageEvent).values(**_usage(metric_slug=_others())))


@insert
async def rows_of_another_tenant(session):
    await session.execute(sa.insert(UsageEvent), [_usage(tenant_id=INITECH, partner_id=SOUTHBAY)])


@insert
async def usage_of_another_service(session):
    await session.execute(sa.insert(UsageEvent), [_usage(service_id="svc_other", tenant_id=GLOBEX)])


@insert
async def an_object_with_a_core_query(session):
    session.add(UsageEvent(**_usage(metric_slug=_others())))
    await session.flush()


@insert
async def an_object_of_its_partner(session):
    for partner in (NORTHWIND, None):
        session.add(
            WebhookEndpoint(
                id=f"whk_{partner}", partner_id=partner, name="x", target_url="https://x.example", topics=["*"],
                secret_vault_path="x", created_at=MOMENT, updated_at=MOMENT,
            )
        )  # fmt: skip
    await session.flush()


@insert
async def an_object_of_the_platform(session):
    session.add(PlatformSetting(key="stolen", value={}, created_at=MOMENT, updated_at=MOMENT))
    await session.flush()


@insert
async def objects_saved_in_bulk(session):
    await session.run_sync(
        lambda sync: sync.bulk_insert_mappings(UsageEvent, [_usage(tenant_id=INITECH, partner_id=SOUTHBAY)])
    )
