"""
Versions of plans: what a plan costs and includes stands in rows that never change once they are sold.

Every plan becomes version 1 with the terms it has now, and what is subscribed to it points there: nobody's price moves.
A one-time purchase no longer takes the one place that a tenant's live subscription of a service has.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "014"
down_revision: str | None = "013"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_VERSIONS: Final = "plan_versions"
# Table, and the pairs of columns that name a version of a plan.
_REFERRING: Final = {
    "plan_usage_pricing": (("plan_id", "plan_version"),),
    "subscriptions": (("plan_id", "plan_version"),),
    "subscription_periods": (("plan_id", "plan_version"),),
    "subscription_changes": (("old_plan_id", "old_plan_version"), ("new_plan_id", "new_plan_version")),
}
_TERMS: Final = "base_price_cents, cost_multiplier, quotas, trial_days, term_months"
_ONE_PRICE, _ONE_PRICE_OF_VERSION = (
    "uq_plan_usage_pricing_plan_id_metric_slug_tier_start",
    "uq_plan_usage_pricing_tier",
)
_LIVE: Final = "uq_subscriptions_live_key"


def _live_key(*, one_time_counts: bool) -> sa.Column[Any]:
    """Write the generated column; SQLAlchemy says it for each database, since `||` means OR on MariaDB."""
    conditions: list[sa.ColumnElement[bool]] = [
        sa.literal_column("status", sa.String).not_in(["cancelled", "expired"]),
        sa.literal_column("pack_subscription_id", sa.String).is_(None),
    ]
    if not one_time_counts:
        conditions.append(sa.literal_column("is_one_time", sa.Boolean) == sa.literal(0, sa.Integer))
    tenant, service = (sa.literal_column(name, sa.String) for name in ("tenant_id", "service_id"))
    key = sa.case((sa.and_(*conditions), tenant + sa.literal(":", sa.String) + service), else_=sa.null())
    return sa.Column("live_key", sa.String(length=80), sa.Computed(key, persisted=True), nullable=True)


def _key_name(table: str, columns: Sequence[str]) -> str:
    return f"fk_{table}_{'_'.join(columns)}"


def _columns(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns(table)}


def _keys(table: str) -> set[str]:
    return {str(key["name"]) for key in sa.inspect(op.get_bind()).get_foreign_keys(table)}


def _indexes(table: str) -> set[str]:
    return {str(index["name"]) for index in sa.inspect(op.get_bind()).get_indexes(table)}


def _uniques(table: str) -> set[str]:
    return {str(key["name"]) for key in sa.inspect(op.get_bind()).get_unique_constraints(table)}


def _drop_triggers() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def upgrade() -> None:
    _drop_triggers()
    op.create_table(
        _VERSIONS,
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("base_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("cost_multiplier", types.ExactDecimal(precision=9, scale=4), nullable=False),
        sa.Column("quotas", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("term_months", sa.BigInteger(), nullable=True),
        sa.Column("sold_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_versions_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "number", name=op.f("pk_plan_versions")),
        if_not_exists=True,
    )
    op.execute(
        f"INSERT INTO {_VERSIONS} (plan_id, number, {_TERMS}, sold_at, created_at, updated_at) "  # noqa: S608  # our own names
        f"SELECT id, 1, {_TERMS}, (SELECT MIN(created_at) FROM subscriptions WHERE plan_id = plans.id), "
        "created_at, updated_at FROM plans WHERE NOT EXISTS (SELECT 1 FROM plan_versions WHERE plan_id = plans.id)"
    )
    # Left by everybody since, or only ever changed from or to: sold all the same.
    for table, column in (
        ("subscription_periods", "plan_id"),
        ("subscription_changes", "old_plan_id"),
        ("subscription_changes", "new_plan_id"),
    ):
        op.execute(
            f"UPDATE {_VERSIONS} SET sold_at = created_at WHERE sold_at IS NULL "  # noqa: S608  # our own names
            f"AND EXISTS (SELECT 1 FROM {table} WHERE {table}.{column} = {_VERSIONS}.plan_id)"
        )
    _add("plans", sa.Column("plan_version", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    for table, pairs in _REFERRING.items():
        for _, number in pairs:
            _add(table, sa.Column(number, sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    _add("subscriptions", sa.Column("is_one_time", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.execute(
        "UPDATE subscriptions SET is_one_time = 1 "
        "WHERE plan_id IN (SELECT id FROM plans WHERE billing_period = 'one_time')"
    )
    _one_price_of(_ONE_PRICE_OF_VERSION, ["plan_id", "plan_version", "metric_slug", "tier_start"])
    _drop_live_key()
    for table, pairs in _REFERRING.items():
        missing = [pair for pair in pairs if _key_name(table, pair) not in _keys(table)]
        if missing:
            with op.batch_alter_table(table, schema=None) as batch_op:
                for pair in missing:
                    name = batch_op.f(_key_name(table, pair))
                    batch_op.create_foreign_key(name, _VERSIONS, list(pair), ["plan_id", "number"])
    if "fk_plan_usage_pricing_plan_id" in _keys("plan_usage_pricing"):
        with op.batch_alter_table("plan_usage_pricing", schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f("fk_plan_usage_pricing_plan_id"), type_="foreignkey")
    _add_live_key(one_time_counts=False)
    triggers.install(op.get_bind())


def _add(table: str, column: sa.Column[Any]) -> None:
    if column.name not in _columns(table):
        op.add_column(table, column)


def _one_price_of(name: str, columns: list[str]) -> None:
    """Let a price be one of its kind per these columns; the new key first, which the foreign key then rests on."""
    known = _uniques("plan_usage_pricing")
    with op.batch_alter_table("plan_usage_pricing", schema=None) as batch_op:
        if name not in known:
            batch_op.create_unique_constraint(batch_op.f(name), columns)
        for other in {_ONE_PRICE, _ONE_PRICE_OF_VERSION} & known - {name}:
            batch_op.drop_constraint(batch_op.f(other), type_="unique")


def _drop_live_key() -> None:
    """Take the generated column away while SQLite copies the table: nothing can be copied into it."""
    there, known = _columns("subscriptions"), _uniques("subscriptions")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        if _LIVE in known:
            batch_op.drop_constraint(batch_op.f(_LIVE), type_="unique")
        if "live_key" in there:
            batch_op.drop_column("live_key")


def _add_live_key(*, one_time_counts: bool) -> None:
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.add_column(_live_key(one_time_counts=one_time_counts))
        batch_op.create_unique_constraint(batch_op.f(_LIVE), ["live_key"])


def _lean_on_the_plan_alone(table: str, indexes: set[str]) -> None:
    """Give MariaDB's keys on `plan_id` the indexes back that it had dropped for the wider ones of the versions."""
    for plan_id, number in _REFERRING[table]:
        if (wide := _key_name(table, (plan_id, number))) in indexes:
            narrow = _key_name(table, (plan_id,))
            if narrow not in _indexes(table):
                op.create_index(narrow, table, [plan_id])
            op.drop_index(wide, table)


def downgrade() -> None:
    """Keep of each plan the version that is sold now. Refused by the key where somebody bought a thing twice."""
    _drop_triggers()
    op.execute(
        "DELETE FROM plan_usage_pricing WHERE plan_version <> "
        "(SELECT plan_version FROM plans WHERE plans.id = plan_usage_pricing.plan_id)"
    )
    if "fk_plan_usage_pricing_plan_id" not in _keys("plan_usage_pricing"):
        with op.batch_alter_table("plan_usage_pricing", schema=None) as batch_op:
            batch_op.create_foreign_key(batch_op.f("fk_plan_usage_pricing_plan_id"), "plans", ["plan_id"], ["id"])
    _drop_live_key()
    for table, pairs in _REFERRING.items():
        names = {_key_name(table, pair) for pair in pairs}
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in sorted(names & _keys(table)):
                batch_op.drop_constraint(batch_op.f(name), type_="foreignkey")
        _lean_on_the_plan_alone(table, names & _indexes(table))
    _one_price_of(_ONE_PRICE, ["plan_id", "metric_slug", "tier_start"])
    for table, pairs in _REFERRING.items():
        gone = [number for _, number in pairs if number in _columns(table)]
        with op.batch_alter_table(table, schema=None) as batch_op:
            for number in gone:
                batch_op.drop_column(number)
    for table, column in (("subscriptions", "is_one_time"), ("plans", "plan_version")):
        if column in _columns(table):
            with op.batch_alter_table(table, schema=None) as batch_op:
                batch_op.drop_column(column)
    _add_live_key(one_time_counts=True)
    op.drop_table(_VERSIONS, if_exists=True)
    triggers.install(op.get_bind())
