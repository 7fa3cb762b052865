"""
What happened to subscriptions that no other row of theirs remembers, for tenants to read.

What happened until now is taken over from the audit log.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types
from scaicontrol.db.triggers import install

revision: str = "034"
down_revision: str | None = "031"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_TABLE = "subscription_moments"
_BATCH = 1000
_MOVES = {
    ("active", "cancelling"): "cancellation_scheduled",
    ("cancelling", "active"): "cancellation_undone",
    ("past_due", "active"): "recovered",
    ("trialing", "active"): "converted",
}
_INDEXES = {
    "ix_subscription_moments_tenant_id": ["tenant_id"],
    "ix_subscription_moments_partner_id": ["partner_id"],
    "ix_subscription_moments_story": ["subscription_id", "occurred_at"],
}


def _table(name: str, **columns: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(each, kind) for each, kind in columns.items()))


_SUBSCRIPTIONS = _table(
    "subscriptions", id=types.IdString, tenant_id=types.IdString, partner_id=types.IdString,
    suspended_reason=sa.Text(), cancellation_reason=sa.Text(),
)  # fmt: skip
_LOG = _table(
    "audit_log", id=types.IdString, occurred_at=types.UTCDateTime(), resource_type=sa.String(),
    resource_id=sa.String(), action=sa.String(), reason=sa.Text(), before=types.JsonDocument,
    after=types.JsonDocument,
)  # fmt: skip
_MOMENTS = _table(
    _TABLE, id=types.IdString, tenant_id=types.IdString, partner_id=types.IdString, subscription_id=types.IdString,
    occurred_at=types.UTCDateTime(), kind=sa.String(), reason=sa.Text(), before=types.JsonDocument,
    after=types.JsonDocument, created_at=types.UTCDateTime(), updated_at=types.UTCDateTime(),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("subscription_id", types.IdString, nullable=False),
        sa.Column("occurred_at", types.UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", types.JsonDocument, nullable=True),
        sa.Column("after", types.JsonDocument, nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_moments")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.id"],
            name=op.f("fk_subscription_moments_tenant_id_subscription_id"),
        ),
        if_not_exists=True,
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, _TABLE, columns, unique=False, if_not_exists=True)
    _take_over(op.get_bind())
    install(op.get_bind())


def downgrade() -> None:
    op.drop_table(_TABLE, if_exists=True)


def _take_over(connection: sa.Connection) -> None:
    """Read the audit log in stretches; a second try after one that broke off leaves what it wrote."""
    known = set(connection.scalars(sa.select(_MOMENTS.c.id)))
    owners = {row.id: row for row in connection.execute(sa.select(_SUBSCRIPTIONS))}
    last = ""
    while True:
        entries = connection.execute(
            sa.select(_LOG)
            .where(_LOG.c.resource_type == "subscription", _LOG.c.id > last)
            .order_by(_LOG.c.id)
            .limit(_BATCH)
        ).all()
        rows = [row for entry in entries if (row := _moment(entry, owners)) and row["id"] not in known]
        if rows:
            connection.execute(_MOMENTS.insert(), rows)
        if len(entries) < _BATCH:
            return
        last = entries[-1].id


def _moment(entry: Any, owners: Mapping[str, Any]) -> dict[str, Any] | None:
    owner, kind = owners.get(entry.resource_id), _kind(entry.action, entry.before or {}, entry.after or {})
    if owner is None or kind is None:
        return None
    waits = None
    if kind == "change_scheduled":
        waits = {"plan": entry.after["pending_plan"], "quantity": entry.after["pending_quantity"]}
    return {
        "id": "smo_" + entry.id.partition("_")[2],
        "tenant_id": owner.tenant_id,
        "partner_id": owner.partner_id,
        "subscription_id": entry.resource_id,
        "occurred_at": entry.occurred_at,
        "kind": kind,
        # The log holds operators' notes, too: only what the tenant is told already is told again.
        "reason": entry.reason if entry.reason in (owner.suspended_reason, owner.cancellation_reason) else None,
        "before": None,
        "after": waits,
        "created_at": entry.occurred_at,
        "updated_at": entry.occurred_at,
    }


def _kind(action: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    if action in ("subscription.suspended", "subscription.resumed"):
        return action.partition(".")[2]
    if action == "subscription.change_scheduled":
        return "change_scheduled" if after.get("pending_plan") else "change_undone"
    move = str(before.get("status")), str(after.get("status"))
    if action == "subscription.payment_failed":
        return "payment_failed" if move == ("active", "past_due") else None
    return _MOVES.get(move) if action == "subscription.changed" else None
