"""Prepared questions: written once, and looked at as closely as what a session runs."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from scaicontrol.db.criteria import SUBSCRIPTIONS
from scaicontrol.db.prepared import Prepared, view_of
from scaicontrol.db.scoped_session import ScopedSession
from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.partners.models import PartnerConfiguration
from scaicontrol.services.registry.models import Service
from scaicontrol.services.tenants.models import Tenant
from scaicontrol.services.webhooks.models import WebhookEndpoint

from . import shapes_select as chosen
from . import shapes_select_entities  # noqa: F401  # adds its shapes to the others

T: Any = Invoice.__table__
PREPARED: dict[str, Any] = {}


async def prepared(session: AsyncSession, query: Any, entity: type = Invoice, **given: Any) -> list[Any]:
    """Put a question as the product does; without a guard, as it is."""
    if not isinstance(session.sync_session, ScopedSession):
        return [tuple(row) for row in (await session.execute(query, given)).all()]
    view = await view_of(session)
    return [tuple(row.values()) for row in await view.rows(Prepared(entity, query), **given)]


def question(build: Any) -> Any:
    async def ask(session: AsyncSession) -> list[Any]:
        return await prepared(session, *build())

    PREPARED[build.__name__] = ask
    return build


def _again(name: str) -> None:
    """Put what a session was asked as a prepared question too."""

    async def ask(session: AsyncSession) -> list[Any]:
        return await prepared(session, chosen.SELECTS[name]())

    PREPARED[f"{name}, prepared"] = ask


for _name in (
    "a_core_column_in_a_label", "a_core_column_in_a_function", "a_core_column_in_a_scalar_subquery",
    "a_core_column_in_an_ordering", "a_core_alias_joined_to_its_own_entity", "a_suffix_of_text", "a_statement_hint",
    "a_free_operator", "a_hint_on_the_table", "a_literal_column", "a_core_column_in_a_case", "a_custom_element",
    "a_core_table_in_exists", "a_core_table_in_a_cte", "a_core_table_in_a_lateral", "an_outer_join_of_entities",
    "a_table_named_by_hand_beside_an_entity", "a_prefix_of_text", "an_entity_in_an_ordering_alone",
):  # fmt: skip
    _again(_name)


@question
def every_note():
    return (sa.select(Invoice.notes),)


@question
def a_question_for_the_wrong_entity():
    return sa.select(WebhookEndpoint.name), Service


@question
def the_configuration():
    return sa.select(PartnerConfiguration.legal_name), PartnerConfiguration


@question
def a_core_query_under_an_entity():
    return (sa.select(aliased(Invoice, sa.select(T).subquery()).notes),)


@question
def the_scopes_own_table():
    return sa.select(SUBSCRIPTIONS.c.tenant_id), Tenant


@question
def a_count_of_a_core_table():
    return sa.select(Tenant.id, sa.func.count(T.c.id).label("n")).group_by(Tenant.id), Tenant


@question
def text_as_a_question():
    return (sa.text("SELECT notes FROM invoices").columns(sa.column("notes")),)


@question
def a_change_as_a_question():
    return (sa.delete(InvoiceLine).returning(InvoiceLine.description),)
