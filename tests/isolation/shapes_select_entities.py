"""SELECT: tables named in other ways, elements of one's own, entities, other tables, and sessions talked into more."""

import sqlalchemy as sa
from sqlalchemy.orm import (
    aliased,
    joinedload,
    selectinload,
    with_loader_criteria,
)

from scaicontrol.db.criteria import SUBSCRIPTIONS, criteria
from scaicontrol.db.tenant_filter import Scope
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.registry.models import Service
from scaicontrol.services.subscriptions.models import Subscription
from scaicontrol.services.templates.models import InvoiceTemplate
from scaicontrol.services.tenants.models import Tenant
from scaicontrol.services.usage.models import UsageEvent
from scaicontrol.services.webhooks.models import WebhookEndpoint
from tests.factories import GLOBEX, INITECH, NORTHWIND, SOUTHBAY
from tests.isolation.shapes_select import ALL_NOTES, BARE, Counting, Shouting, SpokenType, T, _most, shape


@shape
def a_table_named_in_other_letters():
    return sa.select(Tenant.id, sa.table("INVOICES", sa.column("notes")).c.notes)


@shape
def a_table_named_by_hand_beside_an_entity():
    return sa.select(Tenant.id, BARE.c.notes)


@shape
def a_table_named_with_its_schema():
    return sa.select(Tenant.id, sa.table("invoices", sa.column("notes"), schema="main").c.notes)


@shape
def a_custom_element():
    return sa.select(Tenant.id, Shouting())


@shape
def a_custom_element_in_a_condition():
    return sa.select(Invoice.notes).where(sa.or_(Shouting() != "x", Invoice.id == "")).add_columns(Shouting())


@shape
def a_custom_element_in_a_label_of_an_ordering():
    return sa.select(Tenant.id, Shouting().label("z")).order_by(Shouting().label("z"))


@shape
def a_custom_function():
    return sa.select(Tenant.id, Counting())


@shape
def a_type_that_reads_by_itself():
    return sa.select(sa.type_coerce(Tenant.id, SpokenType()))


@shape
def a_function_of_the_server():
    return sa.select(Tenant.id, sa.func.last_value(T.c.notes).over())


@shape
def an_extract_with_text():
    return sa.select(Tenant.id, sa.extract(f"year FROM now()), {ALL_NOTES}, extract(year", Tenant.created_at))


@shape
def a_collation_with_text():
    return sa.select(Tenant.id, sa.collate(Tenant.name, "binary")).add_columns(_most())


@shape
def loader_criteria_with_text():
    wider = with_loader_criteria(Invoice, sa.literal_column("1 = 1 OR 1 = 1", sa.Boolean))
    return sa.select(Invoice.notes).options(wider)


@shape
def loader_criteria_with_a_core_table():
    noticed = with_loader_criteria(Tenant, sa.exists().where(T.c.notes.like("%changed%")))
    return sa.select(sa.func.count(Tenant.id)).options(noticed)


@shape
def another_scopes_criteria():
    return sa.select(Invoice.notes).options(
        *criteria(Scope.tenant(SOUTHBAY, INITECH)), *criteria(Scope.partner(SOUTHBAY))
    )


@shape
async def another_scopes_criteria_on_the_connection(session):
    stolen = sa.select(Invoice.notes).options(*criteria(Scope.tenant(NORTHWIND, GLOBEX)))
    return (await (await session.connection()).execute(stolen)).all()


@shape
async def a_relationship_with_text(session):
    noticed = joinedload(Invoice.lines.and_(sa.text(f"{ALL_NOTES} LIKE '%changed%'")))
    rows = (await session.scalars(sa.select(Invoice).options(noticed))).unique().all()
    return [(row.id, len(row.lines)) for row in rows]


@shape
async def a_relationship_that_notices_others(session):
    noticed = sa.exists().where(T.c.notes.like("%changed%"))
    rows = (await session.scalars(sa.select(Invoice).options(selectinload(Invoice.lines.and_(noticed))))).all()
    return [(row.id, len(row.lines)) for row in rows]


@shape
def an_entity_over_a_core_query():
    return sa.select(aliased(Invoice, sa.select(T).subquery()))


@shape
def an_entity_over_a_core_alias():
    return sa.select(aliased(Invoice, T.alias("mine")).notes)


@shape
def from_a_core_statement():
    return sa.select(Invoice).from_statement(sa.select(T))


@shape
def from_text():
    return sa.select(Invoice).from_statement(sa.text("SELECT * FROM invoices"))


@shape
def an_alias_compared_with_another_of_its_entity():
    other = aliased(Invoice)
    return sa.select(Invoice.id, other.notes).join(other, other.id != Invoice.id)


@shape
def an_outer_join_of_entities():
    other = aliased(Invoice)
    return sa.select(Invoice.notes, other.notes).outerjoin(other, other.id != Invoice.id)


@shape
def a_full_join_of_entities():
    other = aliased(Invoice)
    return sa.select(Invoice.notes, other.notes).join(other, other.id == Invoice.id, full=True)


@shape
def an_entity_in_an_ordering_alone():
    return sa.select(sa.literal(1)).select_from(Invoice).order_by(Invoice.id)


@shape
def an_entity_in_a_function_alone():
    return sa.select(sa.func.max(Invoice.notes))


@shape
def an_entity_in_a_window_alone():
    return sa.select(sa.func.row_number().over(order_by=Invoice.notes))


@shape
def an_entity_in_a_condition_alone():
    return sa.select(sa.literal(1)).where(Invoice.notes.like("secret%"))


@shape
def an_entity_that_correlates_to_nothing():
    inner = sa.select(sa.func.max(Invoice.notes)).correlate(None).scalar_subquery()
    return sa.select(Tenant.id, inner)


@shape
def a_subquery_that_correlates_to_a_core_table():
    inner = sa.select(T.c.notes).where(T.c.tenant_id != Tenant.id).limit(1).scalar_subquery()
    return sa.select(Tenant.id, inner)


@shape
def the_scopes_own_table_of_subscriptions():
    return sa.select(SUBSCRIPTIONS.c.tenant_id).join(Tenant, sa.true())


@shape
def subscriptions_of_others():
    return sa.select(Subscription.tenant_id)


@shape
def configurations_of_other_partners():
    return sa.select(PartnerConfiguration.legal_name)


@shape
def core_configurations():
    return sa.select(Tenant.id, PartnerConfiguration.__table__.c.legal_name)


@shape
def endpoints_of_webhooks():
    return sa.select(WebhookEndpoint.name)


@shape
def core_endpoints_beside_an_entity():
    return sa.select(Tenant.id, WebhookEndpoint.__table__.c.name.label("x"))


@shape
def templates_of_others():
    return sa.select(InvoiceTemplate.subject)


@shape
def usage_of_others():
    return sa.select(UsageEvent.metric_slug)


@shape
def a_platforms_table_that_notices_others():
    return sa.select(Service.slug, sa.select(sa.func.count(T.c.id)).scalar_subquery())


@shape
async def an_option_that_was_forged(session):
    forged = sa.select(T.c.notes).execution_options(_seen=True, _scoped=True, platform_sql=True)
    return (await session.execute(forged)).all()


@shape
async def an_option_forged_on_the_connection(session):
    connection = await session.connection(
        execution_options={"_seen": True, "_scoped": "platform", "platform_sql": True}
    )
    return (await connection.execute(sa.select(T.c.notes))).all()


@shape
async def a_new_scope_in_the_session(session):
    session.info["scope"] = Scope.platform()
    return (await session.execute(sa.select(Invoice.notes))).all()


@shape
async def a_new_scope_in_the_same_mapping(session):
    dict.__setitem__(session.info, "scope", Scope.platform())
    return (await session.execute(sa.select(Invoice.notes))).all()


@shape
async def a_new_scope_on_the_session(session):
    session.sync_session.scope = Scope.platform()
    return (await session.execute(sa.select(Invoice.notes))).all()


@shape
async def a_statement_of_the_driver(session):
    return (await (await session.connection()).exec_driver_sql("SELECT notes FROM invoices")).all()


@shape
async def a_connection_of_the_engine(session):
    async with session.bind.connect() as connection:
        return (await connection.execute(sa.select(T.c.notes))).all()


@shape
async def a_nested_session(session):
    return await session.run_sync(lambda sync: sync.connection().execute(sa.select(Invoice.notes)).all())
