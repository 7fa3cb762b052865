"""UPDATE, DELETE and INSERT … SELECT that reach past their scope, or carry foreign values into it."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, make_transient_to_detached

from scaicontrol.core.platform_settings import PlatformSetting
from scaicontrol.services.catalog.models import Plan, PriceOverride
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.partners.models import Partner, PartnerConfiguration
from scaicontrol.services.registry.models import Service
from scaicontrol.services.templates.models import InvoiceTemplate
from scaicontrol.services.tenants.models import Tenant
from scaicontrol.services.usage.models import UsageEvent
from scaicontrol.services.webhooks.models import WebhookEndpoint
from tests.factories import ACME, GLOBEX, INITECH, NORTHWIND, SCAIDRIVE, SOUTHBAY

from .shapes_select import ALL_NOTES, BARE, Shouting

T: Any = Invoice.__table__
L: Any = InvoiceLine.__table__
E: Any = UsageEvent.__table__
SETTINGS: Any = PlatformSetting.__table__
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
UPDATES: dict[str, Any] = {}
DELETES: dict[str, Any] = {}


def update(build: Any) -> Any:
    UPDATES[build.__name__] = build
    return build


def delete(build: Any) -> Any:
    DELETES[build.__name__] = build
    return build


def _loud(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)


def _others(table: Any = T) -> Any:
    return sa.select(sa.func.max(table.c.notes)).scalar_subquery()


# UPDATE


@update
def rows_of_everybody():
    return _loud(sa.update(Invoice).values(notes="x"))


@update
def a_value_from_a_core_table():
    return _loud(sa.update(Invoice).values(notes=_others()))


@update
def a_value_from_a_core_alias():
    return _loud(sa.update(Invoice).values(notes=_others(T.alias("other"))))


@update
def a_value_from_a_table_named_by_hand():
    return _loud(sa.update(Invoice).values(notes=_others(BARE.alias("other"))))


@update
def a_value_from_another_table_in_the_from():
    return _loud(sa.update(InvoiceLine).where(T.c.id != InvoiceLine.id).values(description=T.c.notes))


@update
def a_value_from_another_entity_in_the_from():
    return _loud(sa.update(InvoiceLine).where(Invoice.id != InvoiceLine.id).values(description=Invoice.notes))


@update
def a_value_from_an_alias_of_an_entity_in_the_from():
    other = aliased(Invoice)
    return _loud(sa.update(InvoiceLine).where(other.id != InvoiceLine.id).values(description=other.notes))


@update
def a_value_of_text():
    return _loud(
        sa.update(Invoice).values(notes=sa.text("(SELECT x.m FROM (SELECT max(notes) AS m FROM invoices) AS x)"))
    )


@update
def a_value_of_a_literal_column():
    return _loud(sa.update(InvoiceLine).values(description=sa.literal_column(ALL_NOTES)))


@update
def a_value_of_a_custom_element():
    return _loud(sa.update(InvoiceLine).values(description=Shouting()))


@update
def a_value_of_a_free_operator():
    return _loud(sa.update(InvoiceLine).values(description=InvoiceLine.description.op(f"|| {ALL_NOTES} ||")("")))


@update
def a_value_in_an_ordering_of_values():
    return _loud(sa.update(InvoiceLine).ordered_values((InvoiceLine.description, _others())))


@update
def a_condition_of_text():
    return _loud(sa.update(Invoice).where(sa.text("1 = 1 OR 1 = 1")).values(notes="x"))


@update
def a_condition_of_a_free_operator():
    return _loud(sa.update(Invoice).where(Invoice.id.op("= '' OR 1 = 1 OR '' =")("")).values(notes="x"))


@update
def a_condition_that_notices_others():
    return _loud(sa.update(Tenant).where(sa.exists().where(T.c.tenant_id == INITECH)).values(name=_others()))


@update
def a_prefix_that_is_a_change():
    return _loud(sa.update(Invoice).prefix_with("invoices SET notes = 'x' -- ").values(notes=sa.null()))


@update
def a_hint_that_is_a_change():
    return _loud(sa.update(Invoice).with_hint("SET notes = 'x' #", dialect_name="*").values(notes="x"))


@update
def a_cte_of_a_core_table():
    every = sa.select(sa.func.max(T.c.notes).label("notes")).cte("every_note")
    return _loud(sa.update(InvoiceLine).values(description=sa.select(every.c.notes).scalar_subquery()))


@update
def a_core_table_itself():
    return sa.update(T).values(notes="x")


@update
def a_core_table_by_hand():
    return sa.update(BARE).values(notes="x")


@update
def an_owner_given_away():
    return _loud(sa.update(UsageEvent).values(tenant_id=INITECH, partner_id=SOUTHBAY))


@update
def an_owner_given_away_by_name():
    return _loud(sa.update(UsageEvent).values({"tenant_id": GLOBEX}))


@update
async def an_owner_given_away_by_parameter(session):
    await session.execute(_loud(sa.update(UsageEvent)), {"tenant_id": INITECH, "partner_id": SOUTHBAY})


@update
def a_key_that_changes():
    return _loud(sa.update(Tenant).where(Tenant.id == ACME).values(id="tnt_taken"))


@update
async def rows_by_their_keys(session):
    keys = await session.run_sync(_keys_of_others)
    await session.execute(sa.update(Invoice), [{"id": key, "notes": "x"} for key in keys])


def _keys_of_others(sync: Any, table: str = "invoices") -> list[str]:
    cursor = sync.connection().connection.cursor()
    cursor.execute(f"SELECT id FROM {table} WHERE tenant_id <> '{ACME}'")
    return [row[0] for row in cursor.fetchall()]


@update
def the_configuration_of_its_partner():
    return _loud(sa.update(PartnerConfiguration).values(legal_name="x"))


@update
def the_name_of_its_partner():
    return _loud(sa.update(Partner).values(name="x"))


@update
def the_prices_of_its_partner():
    return _loud(sa.update(PriceOverride).values(currency="USD"))


@update
def the_endpoints_of_its_partner():
    return _loud(sa.update(WebhookEndpoint).values(target_url="https://elsewhere.example"))


@update
def templates_of_everybody():
    return _loud(sa.update(InvoiceTemplate).values(subject="x"))


@update
def plans():
    return _loud(sa.update(Plan).values(name="x"))


@update
def the_registry():
    return _loud(sa.update(Service).where(Service.id != SCAIDRIVE).values(name="x"))


@update
def usage_of_other_services():
    return _loud(sa.update(UsageEvent).values(metric_slug="x"))


@update
async def an_attribute_that_is_a_core_query(session):
    for row in (await session.scalars(sa.select(InvoiceLine))).all():
        row.description = _others()
    await session.flush()


@update
async def an_attribute_that_is_text(session):
    for row in (await session.scalars(sa.select(InvoiceLine))).all():
        row.description = sa.text(ALL_NOTES)
    await session.flush()


@update
async def an_attribute_of_its_partner(session):
    for row in (await session.scalars(sa.select(PartnerConfiguration))).all():
        row.legal_name = "x"
    await session.flush()


@update
async def an_attribute_of_a_template(session):
    for row in (await session.scalars(sa.select(InvoiceTemplate))).all():
        row.subject = "x"
    await session.flush()


@update
async def an_attribute_of_a_plan(session):
    for row in (await session.scalars(sa.select(Plan))).all():
        row.name = "x"
    await session.flush()


@update
async def an_attribute_of_a_foreign_row_that_claims_to_be_ours(session):
    for key in await session.run_sync(_keys_of_others):
        row = Invoice(id=key, tenant_id=ACME, partner_id=NORTHWIND)
        make_transient_to_detached(row)
        (await session.merge(row, load=False)).notes = "x"
    await session.flush()


@update
async def statements_of_the_schema(session):
    await session.execute(sa.DDL("UPDATE invoices SET notes = 'x'"))


@update
async def a_connection_inside_the_session(session):
    await (await session.connection()).execute(sa.update(T).values(notes="x"))


# DELETE


@delete
def lines_of_everybody():
    return _loud(sa.delete(InvoiceLine))


@delete
def lines_of_a_core_table():
    return sa.delete(L)


@delete
def lines_of_a_table_by_hand():
    return sa.delete(sa.table("invoice_line_items", sa.column("id")))


@delete
def lines_beside_another_table():
    return _loud(sa.delete(InvoiceLine).where(T.c.notes.like("%secret%"), T.c.id == InvoiceLine.invoice_id))


@delete
def lines_when_others_have_some():
    return _loud(sa.delete(InvoiceLine).where(sa.exists().where(T.c.tenant_id == INITECH))).returning(
        _others().label("x")
    )


@delete
def lines_by_text():
    return _loud(sa.delete(InvoiceLine).where(sa.text("1 = 1 OR 1 = 1")))


@delete
def lines_by_a_free_operator():
    return _loud(sa.delete(InvoiceLine).where(InvoiceLine.id.op("= '' OR 1 = 1 OR '' =")("")))


@delete
def lines_by_a_prefix():
    return _loud(sa.delete(InvoiceLine).prefix_with("FROM invoice_line_items --"))


@delete
def lines_by_raw_text():
    return sa.text("DELETE FROM invoice_line_items")


@delete
def the_endpoints_of_a_partner():
    return _loud(sa.delete(WebhookEndpoint))


@delete
def the_configuration_of_a_partner():
    return _loud(sa.delete(PartnerConfiguration))


@delete
def usage_that_others_reported():
    return _loud(sa.delete(UsageEvent))


@delete
def usage_of_a_core_table():
    return sa.delete(E)


@delete
def templates_that_are_the_platforms():
    return _loud(sa.delete(InvoiceTemplate))


@delete
def prices():
    return _loud(sa.delete(PriceOverride))


@delete
async def an_object_of_a_foreign_key(session):
    for key in await session.run_sync(_keys_of_others, "invoice_line_items"):
        row = InvoiceLine(id=key, tenant_id=ACME, partner_id=NORTHWIND)
        make_transient_to_detached(row)
        await session.delete(row)
    await session.flush()


@delete
async def the_configuration_as_an_object(session):
    for row in (await session.scalars(sa.select(PartnerConfiguration))).all():
        await session.delete(row)
    await session.flush()


# INSERT … SELECT, and INSERT that takes from others
