"""
Periods of whole civil days, changes that wait for their end, and corrections of use that was charged.

Periods that run keep their bounds and what was charged for them; the next one begins at a civil midnight. A period that
began at an hour counted the civil midnights within it, so its first day is that of its start in the seller's time zone.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import triggers, types

revision: str = "016"
down_revision: str | None = "015"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_BATCH: Final = 1000
_INDEX: Final = "ix_subscription_periods_correction_due"
_LIVE: Final = "uq_subscriptions_live_key"
_PENDING: Final = "ix_subscriptions_pending_plan_id"


def _columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "subscriptions": [
            sa.Column("current_period_last_day", sa.Date(), nullable=True),
            sa.Column("pending_plan_id", types.IdString, nullable=True),
            sa.Column("pending_plan_version", sa.BigInteger(), nullable=True),
            sa.Column("pending_quantity", sa.BigInteger(), nullable=True),
            sa.Column("pending_unit_price_cents", sa.BigInteger(), nullable=True),
        ],
        "subscription_periods": [
            sa.Column("first_day", sa.Date(), nullable=True),
            sa.Column("usage_from", types.UTCDateTime(), nullable=True),
            sa.Column("usage_until", types.UTCDateTime(), nullable=True),
            sa.Column("correction_due_at", types.UTCDateTime(), nullable=True),
        ],
        "subscription_changes": [sa.Column("charged_days", sa.BigInteger(), nullable=True)],
        "billing_run_documents": [sa.Column("credited_cents", sa.BigInteger(), nullable=True)],
    }


def _present(table: str) -> set[str]:
    """Name the columns that are there: a run on MariaDB that was cut off may have added some of them."""
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _drop_triggers() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _live_key() -> sa.Column[Any]:
    """The generated column as revision 014 wrote it."""
    status, pack = (sa.literal_column(name, sa.String) for name in ("status", "pack_subscription_id"))
    tenant, service = (sa.literal_column(name, sa.String) for name in ("tenant_id", "service_id"))
    counts = sa.and_(
        status.not_in(["cancelled", "expired"]),
        pack.is_(None),
        sa.literal_column("is_one_time", sa.Boolean) == sa.literal(0, sa.Integer),
    )
    key = sa.case((counts, tenant + sa.literal(":", sa.String) + service), else_=sa.null())
    return sa.Column("live_key", sa.String(length=80), sa.Computed(key, persisted=True), nullable=True)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:  # a generated column stays the last one: what is added behind it is read as part of its expression
        _drop_triggers()
        with op.batch_alter_table("subscriptions", schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(_LIVE), type_="unique")
            batch_op.drop_column("live_key")
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)
    if is_sqlite:
        with op.batch_alter_table("subscriptions", schema=None) as batch_op:
            batch_op.add_column(_live_key())
            batch_op.create_unique_constraint(batch_op.f(_LIVE), ["live_key"])
        triggers.install(op.get_bind())
    op.create_index(_INDEX, "subscription_periods", ["partner_id", "correction_due_at"], if_not_exists=True)
    op.create_index(_PENDING, "subscriptions", ["pending_plan_id"], if_not_exists=True)
    _carry_over()
    for table, name, kind in (
        ("subscription_periods", "first_day", sa.Date()),
        ("subscription_periods", "usage_from", types.UTCDateTime()),
        ("subscription_changes", "charged_days", sa.BigInteger()),
        ("billing_run_documents", "credited_cents", sa.BigInteger()),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(name, existing_type=kind, nullable=False)


def downgrade() -> None:
    op.drop_index(_INDEX, "subscription_periods", if_exists=True)
    op.drop_index(_PENDING, "subscriptions", if_exists=True)
    for table, columns in _columns().items():
        present = _present(table)
        for column in columns:
            if column.name in present:
                op.drop_column(table, column.name)


def _table(name: str, *columns: sa.Column[Any]) -> sa.TableClause:
    return sa.table(name, sa.column("id", types.IdString), sa.column("partner_id", types.IdString), *columns)


def _carry_over() -> None:
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE subscription_changes SET charged_days = remaining_days WHERE charged_days IS NULL"))
    bind.execute(sa.text("UPDATE billing_run_documents SET credited_cents = 0 WHERE credited_cents IS NULL"))
    settings = sa.table("partner_configuration", sa.column("partner_id", types.IdString), sa.column("timezone"))
    zones = {row[0]: ZoneInfo(row[1]) for row in bind.execute(sa.select(settings.c.partner_id, settings.c.timezone))}
    _carry_periods(bind, zones)
    _carry_subscriptions(bind, zones)


def _moment(name: str) -> sa.ColumnClause[Any]:
    return sa.column(name, types.UTCDateTime())


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _carry_periods(bind: sa.Connection, zones: dict[str, ZoneInfo]) -> None:
    """Say of each period on which civil day it began, and which moments of use are its own."""
    period = sa.table(
        "subscription_periods", sa.column("id", types.IdString), sa.column("partner_id", types.IdString),
        sa.column("subscription_id", types.IdString), _moment("period_start"), _moment("period_end"),
        _moment("usage_due_at"), sa.column("first_day", sa.Date()), _moment("usage_from"), _moment("usage_until"),
    )  # fmt: skip
    subscription = sa.table("subscriptions", sa.column("id", types.IdString), _moment("cancelled_at"))
    query = (
        sa.select(period, subscription.c.cancelled_at)
        .select_from(period.join(subscription, subscription.c.id == period.c.subscription_id))
        .where(period.c.usage_from.is_(None))
        .limit(_BATCH)
    )
    while rows := bind.execute(query).all():
        for row in rows:
            zone = zones.get(row.partner_id, ZoneInfo("UTC"))
            ends = [moment for moment in (row.period_end, row.cancelled_at) if moment and moment > row.period_start]
            until = row.usage_due_at or min(ends, default=None)
            bind.execute(
                sa.update(period)
                .where(period.c.id == row.id)
                .values(first_day=_day(row.period_start, zone), usage_from=row.period_start, usage_until=until)
            )


def _carry_subscriptions(bind: sa.Connection, zones: dict[str, ZoneInfo]) -> None:
    """Say on which day a running period ends, and let a fixed term end with a civil day where that is still to come."""
    subscription = sa.table(
        "subscriptions", sa.column("id", types.IdString), sa.column("partner_id", types.IdString),
        _moment("current_period_end"), _moment("term_ends_at"), _moment("trial_ends_at"),
        sa.column("current_period_last_day", sa.Date()),
    )  # fmt: skip
    query = (
        sa.select(subscription)
        .where(subscription.c.current_period_end.is_not(None), subscription.c.current_period_last_day.is_(None))
        .limit(_BATCH)
    )
    while rows := bind.execute(query).all():
        for row in rows:
            zone = zones.get(row.partner_id, ZoneInfo("UTC"))
            values: dict[str, Any] = {"current_period_last_day": _last_day(row, zone)}
            if row.term_ends_at is not None and row.term_ends_at != row.current_period_end:
                day = _day(row.term_ends_at, zone)
                midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
                values["term_ends_at"] = midnight
            bind.execute(sa.update(subscription).where(subscription.c.id == row.id).values(**values))


def _last_day(row: Any, zone: ZoneInfo) -> date:
    """Give the last day a period charged: the one before that of its end; a trial lasts into the day it ends on."""
    day = _day(row.current_period_end, zone)
    return day if row.current_period_end == row.trial_ends_at else day - timedelta(days=1)
