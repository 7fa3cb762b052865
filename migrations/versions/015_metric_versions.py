"""What metrics of services were, and when; and changes of priced metrics that wait for an operator."""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from scaicontrol.db import types

revision: str = "015"
down_revision: str | None = "014"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_STATES = ("pending", "approved", "rejected", "withdrawn")


def upgrade() -> None:
    op.create_table(
        "metric_versions",
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("metric_slug", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("holds_from", types.UTCDateTime(), nullable=False),
        sa.Column("holds_until", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_metric_versions_service_id")),
        sa.PrimaryKeyConstraint("service_id", "metric_slug", "number", name=op.f("pk_metric_versions")),
        if_not_exists=True,
    )
    op.create_table(
        "metric_changes",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("status", sa.Enum(*_STATES, name="metricchangestatus", native_enum=False, length=20), nullable=False),
        sa.Column("proposed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("differences", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("decided_at", types.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_metric_changes_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_changes")),
        if_not_exists=True,
    )
    op.create_index("ix_metric_changes_history", "metric_changes", ["service_id", "created_at"], if_not_exists=True)
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("service_registry")}
    if "metrics_changed_at" not in there:
        op.add_column("service_registry", sa.Column("metrics_changed_at", types.UTCDateTime(), nullable=True))
    _remember_what_is_declared()


def _remember_what_is_declared() -> None:
    """Every metric becomes version 1 of itself, since its service is there; services are few."""
    bind = op.get_bind()
    services = sa.table(
        "service_registry",
        sa.column("id", sa.String),
        sa.column("metrics", sa.String),
        sa.column("created_at", types.UTCDateTime),
    )
    versions = sa.table(
        "metric_versions",
        *(sa.column(name, sa.String) for name in ("service_id", "metric_slug", "name", "unit", "kind")),
        sa.column("number", sa.BigInteger),
        *(sa.column(name, types.UTCDateTime) for name in ("holds_from", "created_at", "updated_at")),
    )
    known = {(row[0], row[1]) for row in bind.execute(sa.select(versions.c.service_id, versions.c.metric_slug))}
    for service_id, metrics, born in bind.execute(sa.select(services.c.id, services.c.metrics, services.c.created_at)):
        for metric in json.loads(metrics) if isinstance(metrics, str) else metrics or ():
            if (service_id, metric["slug"]) not in known:
                bind.execute(
                    sa.insert(versions).values(
                        service_id=service_id,
                        metric_slug=metric["slug"],
                        number=1,
                        name=metric.get("name", metric["slug"]),
                        unit=metric.get("unit", ""),
                        kind=metric.get("kind", "counter"),
                        holds_from=born,
                        created_at=born,
                        updated_at=born,
                    )
                )


def downgrade() -> None:
    op.drop_table("metric_changes", if_exists=True)
    op.drop_table("metric_versions", if_exists=True)
    if "metrics_changed_at" in {c["name"] for c in sa.inspect(op.get_bind()).get_columns("service_registry")}:
        with op.batch_alter_table("service_registry", schema=None) as batch_op:
            batch_op.drop_column("metrics_changed_at")
