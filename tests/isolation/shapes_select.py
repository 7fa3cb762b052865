"""SELECTs that a tired colleague writes, and some that nobody should: what they show is judged in `test_matrix`."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import (
    Bundle,
)
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import UserDefinedType

from scaicontrol.services.invoices.models import Invoice, InvoiceLine
from scaicontrol.services.tenants.models import Tenant
from tests.factories import INITECH

T: Any = Invoice.__table__
L: Any = InvoiceLine.__table__
BARE = sa.table("invoices", sa.column("notes"), sa.column("id"), sa.column("tenant_id"))
SELECTS: dict[str, Any] = {}
ALL_NOTES = "(SELECT max(notes) FROM invoices)"


def shape(build: Any) -> Any:
    SELECTS[build.__name__] = build
    return build


def _most(table: Any = T) -> Any:
    return sa.select(sa.func.max(table.c.notes)).scalar_subquery()


class Shouting(ColumnElement[str]):
    """An element whose SQL is written by somebody else."""

    inherit_cache = True
    type = sa.String()


@compiles(Shouting)
def _shout(_: Any, __: Any, **___: Any) -> str:
    return ALL_NOTES


class Counting(FunctionElement[str]):
    inherit_cache = True
    name = "counting"
    type = sa.String()


@compiles(Counting)
def _count(_: Any, __: Any, **___: Any) -> str:
    return ALL_NOTES


class SpokenType(UserDefinedType[str]):
    """A type that brings the SQL it is read with."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TEXT"

    def column_expression(self, _: Any) -> Any:
        return _most()


# Named in the issue.


@shape
def a_core_column_in_a_label():
    return sa.select(Invoice.id, T.alias().c.notes.label("x"))


@shape
def a_core_column_in_a_function():
    return sa.select(Tenant.id, sa.func.max(T.c.notes)).group_by(Tenant.id)


@shape
def a_core_column_in_a_scalar_subquery():
    return sa.select(Tenant.id, _most())


@shape
def a_core_scalar_subquery_beside_its_own_entity():
    return sa.select(Invoice.id, _most())


@shape
def a_core_column_in_an_ordering():
    return sa.select(Tenant.id).join(T, sa.true()).order_by(T.c.notes)


@shape
def a_core_subquery_in_an_ordering():
    own = sa.select(sa.func.count(T.c.id)).scalar_subquery()
    return sa.select(Tenant.id, own.label("n")).order_by(own)


@shape
def a_core_alias_joined_to_its_own_entity():
    other = T.alias("other")
    return sa.select(Invoice.id, other.c.notes).join(other, other.c.id != Invoice.id)


@shape
def a_core_alias_outer_joined_to_its_own_entity():
    other = T.alias("other")
    return sa.select(Invoice.id, other.c.notes).outerjoin(other, other.c.tenant_id != Invoice.tenant_id)


@shape
def a_suffix_of_text():
    return sa.select(Invoice.notes).suffix_with("UNION ALL SELECT notes FROM invoices")


@shape
def a_statement_hint():
    return sa.select(Invoice.notes).with_statement_hint("UNION ALL SELECT notes FROM invoices")


@shape
def a_free_operator():
    return sa.select(Tenant.id, Tenant.name.op(f"|| {ALL_NOTES} ||")("x"))


@shape
def a_free_operator_in_a_condition():
    return sa.select(Invoice.notes).where(Invoice.id.op("= '' OR 1 = 1 OR ''=")(""))


# Our own.


@shape
def a_prefix_of_text():
    return sa.select(Invoice.id).prefix_with(f"{ALL_NOTES},")


@shape
def a_hint_on_the_table():
    return sa.select(Invoice.notes).with_hint(Invoice, "FORCE INDEX (PRIMARY) UNION ALL SELECT notes FROM invoices #")


@shape
def raw_text():
    return sa.text("SELECT notes FROM invoices")


@shape
def text_as_a_column():
    return sa.select(Tenant.id, sa.text(ALL_NOTES))


@shape
def text_as_a_from():
    return sa.select(sa.text("notes")).select_from(sa.text("invoices"))


@shape
def text_with_columns_as_a_subquery():
    told = sa.text("SELECT notes FROM invoices").columns(sa.column("notes")).subquery()
    return sa.select(Tenant.id, told.c.notes)


@shape
def text_in_an_ordering():
    return sa.select(Tenant.id).order_by(sa.text(ALL_NOTES)).add_columns(sa.text(ALL_NOTES))


@shape
def text_in_a_having():
    grouped = sa.select(Invoice.tenant_id).group_by(Invoice.tenant_id)
    return grouped.having(sa.text("1 = 1 UNION ALL SELECT notes FROM invoices"))


@shape
def text_in_a_grouping():
    return sa.select(sa.func.max(Invoice.notes)).group_by(sa.text("tenant_id UNION ALL SELECT notes FROM invoices"))


@shape
def text_in_a_join():
    return sa.select(Tenant.id, BARE.c.notes).join(BARE, sa.text("1 = 1"))


@shape
def a_literal_column():
    return sa.select(Tenant.id, sa.literal_column(ALL_NOTES))


@shape
def a_literal_column_in_a_case():
    return sa.select(Tenant.id, sa.case((Tenant.id != "", sa.literal_column(ALL_NOTES)), else_="x"))


@shape
def a_core_column_in_a_case():
    return sa.select(Tenant.id, sa.case((Tenant.id != "", T.c.notes), else_="x"))


@shape
def a_core_column_in_a_cast():
    return sa.select(Tenant.id, sa.cast(T.c.notes, sa.String(200)))


@shape
def a_core_column_in_a_coalesce():
    return sa.select(Tenant.id, sa.func.coalesce(T.c.notes, Tenant.name))


@shape
def a_core_column_in_a_tuple():
    return sa.select(Tenant.id).where(sa.tuple_(Tenant.id, Tenant.id) != sa.tuple_(T.c.tenant_id, T.c.tenant_id))


@shape
def a_core_column_in_a_bundle():
    return sa.select(Bundle("both", Tenant.id, T.c.notes))


@shape
def a_core_column_in_a_window():
    return sa.select(Tenant.id, sa.func.max(T.c.notes).over(partition_by=Tenant.id))


@shape
def a_core_column_ordering_a_window():
    ranked = sa.func.row_number().over(order_by=T.c.notes)
    return sa.select(Tenant.id, ranked).select_from(Tenant).join(T, sa.true())


@shape
def a_core_column_in_a_having():
    return sa.select(Tenant.id, sa.func.max(T.c.notes)).group_by(Tenant.id).having(sa.func.count(T.c.id) > 0)


@shape
def a_core_column_in_a_condition():
    return sa.select(Tenant.id, sa.literal(1)).where(T.c.id != Tenant.id)


@shape
def a_core_column_that_counts_distinct():
    return sa.select(sa.func.max(Tenant.id), sa.func.count(sa.distinct(T.c.id)))


@shape
def a_core_table_in_exists():
    return sa.select(Tenant.id, sa.exists().where(T.c.notes.like("%changed%")))


@shape
def a_core_table_in_exists_of_a_condition():
    return (
        sa.select(sa.literal("yes"))
        .where(sa.exists(sa.select(T.c.id).where(T.c.notes.like("%changed%"))))
        .add_columns(sa.select(sa.func.max(Tenant.id)).scalar_subquery())
    )


@shape
def a_core_table_in_a_list():
    return sa.select(
        Tenant.id, sa.literal("x").in_(sa.select(T.c.tenant_id)), sa.literal(INITECH).in_(sa.select(T.c.tenant_id))
    )


@shape
def a_core_table_in_a_cte():
    every = sa.select(T.c.notes).cte("every_note")
    return sa.select(Tenant.id, every.c.notes)


@shape
def a_core_table_in_a_recursive_cte():
    walk = sa.select(T.c.notes.label("notes")).cte("walk", recursive=True)
    walk = walk.union(sa.select(walk.c.notes))
    return sa.select(Tenant.id, walk.c.notes)


@shape
def a_cte_nobody_joins():
    return sa.select(Invoice.notes).add_cte(sa.select(T.c.notes).cte("unused")).add_columns(_most(BARE))


@shape
def a_core_table_in_a_lateral():
    beside = sa.select(T.c.notes).where(T.c.tenant_id != Tenant.id).lateral("beside")
    return sa.select(Tenant.id, beside.c.notes).join(beside, sa.true())


@shape
def a_core_table_in_a_union():
    return sa.union_all(sa.select(Invoice.notes), sa.select(T.c.notes))


@shape
def a_core_table_in_an_intersection_of_subqueries():
    both = sa.union(sa.select(Tenant.id), sa.select(T.c.notes)).subquery()
    return sa.select(both.c[0]).select_from(both).join(Tenant, sa.true())


@shape
def an_alias_of_an_alias():
    twice = T.alias("one").alias("two")
    return sa.select(Invoice.id, twice.c.notes)


@shape
def a_join_of_core_tables_beside_an_entity():
    both = sa.join(T, L, L.c.invoice_id == T.c.id)
    return sa.select(Tenant.id, T.c.notes).select_from(both).join(Tenant, sa.true())


@shape
def an_entity_whose_join_lost_its_condition():
    both = sa.outerjoin(T, Tenant.__table__, sa.true())
    return sa.select(T.c.notes, Tenant.id).select_from(both)


@shape
def a_table_of_another_schema_object():
    copy = sa.Table("invoices", sa.MetaData(), sa.Column("id", sa.String(36)), sa.Column("notes", sa.Text))
    return sa.select(Tenant.id, copy.c.notes)
