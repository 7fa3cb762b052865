"""
The first schema: every table, and the triggers that keep sealed rows as they are.

MariaDB commits each statement by itself, so a run that was cut off leaves a half; every step may be repeated.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from scaicontrol.db import triggers, types

revision: str = "001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# Written out by SQLAlchemy for each database: `||` means OR on MariaDB.
LIVE_KEY = sa.case(
    (
        sa.and_(
            sa.literal_column("status", sa.String).not_in(["cancelled", "expired"]),
            sa.literal_column("pack_subscription_id", sa.String).is_(None),
        ),
        sa.literal_column("tenant_id", sa.String)
        + sa.literal(":", sa.String)
        + sa.literal_column("service_id", sa.String),
    ),
    else_=sa.null(),
)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("occurred_at", types.UTCDateTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=100), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=100), nullable=True),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("resource_type", sa.String(length=40), nullable=False),
        sa.Column("resource_id", sa.String(length=100), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("surface", sa.String(length=10), nullable=False),
        sa.Column("request_id", sa.String(length=50), nullable=True),
        sa.Column("change_plan_id", types.IdString, nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
        if_not_exists=True,
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_log_actor_id"), ["actor_id"], unique=False, if_not_exists=True)
        batch_op.create_index("ix_audit_log_feed", ["created_at", "id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_audit_log_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_audit_log_resource", ["resource_type", "resource_id", "occurred_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_audit_log_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "billing_charges",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("subject_id", types.IdString, nullable=False),
        sa.Column("charge_kind", sa.String(length=80), nullable=False),
        sa.Column("period_start", types.UTCDateTime(), nullable=False),
        sa.Column("period_end", types.UTCDateTime(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=True),
        sa.Column("run_id", types.IdString, nullable=True),
        sa.Column("derivation", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("waived_reason", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_charges")),
        sa.UniqueConstraint(
            "subject_id",
            "period_start",
            "charge_kind",
            name=op.f("uq_billing_charges_subject_id_period_start_charge_kind"),
        ),
        if_not_exists=True,
    )
    with op.batch_alter_table("billing_charges", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_billing_charges_invoice_id"), ["invoice_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_billing_charges_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_billing_charges_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "billing_quarantine",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("run_id", types.IdString, nullable=True),
        sa.Column("subject_id", types.IdString, nullable=False),
        sa.Column("charge_kind", sa.String(length=80), nullable=False),
        sa.Column("period_start", types.UTCDateTime(), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("inputs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("resolved_at", types.UTCDateTime(), nullable=True),
        sa.Column("resolution", sa.String(length=20), nullable=True),
        sa.Column("resolution_reason", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_quarantine")),
        if_not_exists=True,
    )
    with op.batch_alter_table("billing_quarantine", schema=None) as batch_op:
        batch_op.create_index(
            "ix_billing_quarantine_open", ["partner_id", "resolved_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_billing_quarantine_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_billing_quarantine_run_id"), ["run_id"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_billing_quarantine_subject_id"), ["subject_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_billing_quarantine_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "billing_runs",
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("as_of", types.UTCDateTime(), nullable=False),
        sa.Column("tenant_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("compute_version", sa.String(length=20), nullable=False),
        sa.Column("snapshot_hash", sa.String(length=64), nullable=True),
        sa.Column("plan_hash", sa.String(length=64), nullable=True),
        sa.Column("documents", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("zeros", sa.BigInteger(), nullable=False),
        sa.Column("totals", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("planned_at", types.UTCDateTime(), nullable=True),
        sa.Column("applied_at", types.UTCDateTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_runs")),
        if_not_exists=True,
    )
    with op.batch_alter_table("billing_runs", schema=None) as batch_op:
        batch_op.create_index("ix_billing_runs_feed", ["partner_id", "created_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_billing_runs_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "event_outbox",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("resource_type", sa.String(length=40), nullable=False),
        sa.Column("resource_id", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", types.UTCDateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", types.UTCDateTime(), nullable=True),
        sa.Column("dispatched_at", types.UTCDateTime(), nullable=True),
        sa.Column("attempt_count", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", types.UTCDateTime(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("response_code", sa.BigInteger(), nullable=True),
        sa.Column("subscription_id", types.IdString, nullable=True),
        sa.Column("source_event_id", types.IdString, nullable=True),
        sa.Column("replay_of", types.IdString, nullable=True),
        sa.Column("body", sa.LargeBinary(length=16777216), nullable=True),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.String(length=100), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("reacted_at", types.UTCDateTime(), nullable=True),
        sa.Column("reaction_attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_reaction_at", types.UTCDateTime(), nullable=True),
        sa.Column("source_key", sa.String(length=255), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_event_id"], ["event_outbox.id"], name=op.f("fk_event_outbox_source_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_outbox")),
        sa.UniqueConstraint("position", name=op.f("uq_event_outbox_position")),
        sa.UniqueConstraint("source_key", name=op.f("uq_event_outbox_source_key")),
        sa.UniqueConstraint(
            "subscription_id", "idempotency_key", name=op.f("uq_event_outbox_subscription_id_idempotency_key")
        ),
        if_not_exists=True,
    )
    with op.batch_alter_table("event_outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_outbox_due", ["kind", "status", "next_attempt_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_event_outbox_endpoint", ["subscription_id", "status", "created_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index("ix_event_outbox_feed", ["kind", "created_at", "id"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_event_outbox_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index("ix_event_outbox_reaction", ["next_reaction_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_event_outbox_resource", ["resource_id", "subscription_id", "status"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_event_outbox_source_event_id"), ["source_event_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_event_outbox_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "event_stream",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_event_stream")),
        if_not_exists=True,
    )
    op.create_table(
        "idempotency_requests",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("principal_id", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("status_code", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.LargeBinary(length=16777216), nullable=True),
        sa.Column("expires_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_requests")),
        sa.UniqueConstraint("principal_id", "key", name=op.f("uq_idempotency_requests_principal_id_key")),
        if_not_exists=True,
    )
    with op.batch_alter_table("idempotency_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_requests_expires_at"), ["expires_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "inbound_webhook_events",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("received_at", types.UTCDateTime(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("processed_at", types.UTCDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_webhook_events")),
        sa.UniqueConstraint("provider", "external_id", name=op.f("uq_inbound_webhook_events_provider_external_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("inbound_webhook_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbound_webhook_events_waiting", ["status", "received_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "invoice_sequence",
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column(
            "document_type",
            sa.Enum("invoice", "credit_note", name="documenttype", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("fiscal_year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("last_digest", sa.String(length=64), nullable=False),
        sa.Column("last_issue_date", sa.Date(), nullable=True),
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "document_type", "fiscal_year", name=op.f("pk_invoice_sequence")),
        if_not_exists=True,
    )
    op.create_table(
        "job_leases",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_due_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_started_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_finished_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_result", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_leases")),
        if_not_exists=True,
    )
    op.create_table(
        "notifications",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("user_id", types.IdString, nullable=True),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=True),
        sa.Column("dedup_key", sa.String(length=255), nullable=False),
        sa.Column("read_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("tenant_id", "dedup_key", name=op.f("uq_notifications_tenant_id_dedup_key")),
        if_not_exists=True,
    )
    with op.batch_alter_table("notifications", schema=None) as batch_op:
        batch_op.create_index("ix_notifications_feed", ["tenant_id", "created_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_notifications_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_notifications_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "outgoing_mail",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("resource_id", types.IdString, nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("recipients", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("html", sa.Text(length=16777216), nullable=False),
        sa.Column("attachments", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("resends", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", types.UTCDateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=100), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("kind", "resource_id", "step", name=op.f("uq_outgoing_mail_kind_resource_id_step")),
        if_not_exists=True,
    )
    with op.batch_alter_table("outgoing_mail", schema=None) as batch_op:
        batch_op.create_index("ix_outgoing_mail_due", ["next_attempt_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_outgoing_mail_message_id"), ["message_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_outgoing_mail_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_outgoing_mail_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "partners",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("deleted_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        if_not_exists=True,
    )
    op.create_table(
        "payment_methods",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("external_customer_id", sa.String(length=200), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=True),
        sa.Column("expires_month", sa.BigInteger(), nullable=True),
        sa.Column("expires_year", sa.BigInteger(), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
        sa.UniqueConstraint("provider", "external_id", name=op.f("uq_payment_methods_provider_external_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_payment_methods_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("payment_methods", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_methods_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_payment_methods_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "platform_settings",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_platform_settings")),
        if_not_exists=True,
    )
    op.create_table(
        "service_registry",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("icon_url", sa.String(length=500), nullable=True),
        sa.Column("app_id", sa.String(length=100), nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=True),
        sa.Column("health_check_url", sa.String(length=500), nullable=True),
        sa.Column("provisioning_url", sa.String(length=500), nullable=True),
        sa.Column("deprovisioning_url", sa.String(length=500), nullable=True),
        sa.Column("capabilities", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "active",
                "rejected",
                "suspended",
                "deprecated",
                "deregistered",
                name="servicestatus",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "health_status",
            sa.Enum("healthy", "degraded", "unreachable", name="healthstatus", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("heartbeat_interval_seconds", sa.BigInteger(), nullable=False),
        sa.Column("last_heartbeat_at", types.UTCDateTime(), nullable=True),
        sa.Column("consecutive_misses", sa.BigInteger(), nullable=False),
        sa.Column("last_reported", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("last_probe_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_probe_status", sa.BigInteger(), nullable=True),
        sa.Column("last_probe_ms", sa.BigInteger(), nullable=True),
        sa.Column("next_monitor_at", types.UTCDateTime(), nullable=True),
        sa.Column("key_sha256", sa.String(length=64), nullable=True),
        sa.Column("approved_at", types.UTCDateTime(), nullable=True),
        sa.Column("approved_by", sa.String(length=100), nullable=True),
        sa.Column("rejected_reason", sa.Text(), nullable=True),
        sa.Column("config_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_registry")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_service_registry_key_sha256")),
        sa.UniqueConstraint("slug", name=op.f("uq_service_registry_slug")),
        if_not_exists=True,
    )
    with op.batch_alter_table("service_registry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_registry_app_id"), ["app_id"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_service_registry_monitor", ["status", "next_monitor_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "tax_decisions",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("inputs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rule", sa.String(length=8), nullable=False),
        sa.Column("rate", types.ExactDecimal(precision=5, scale=2), nullable=False),
        sa.Column("category", sa.String(length=2), nullable=False),
        sa.Column("reverse_charge", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("legal_note", sa.Text(), nullable=False),
        sa.Column("exemption_code", sa.String(length=32), nullable=True),
        sa.Column("exemption_reason", sa.Text(), nullable=False),
        sa.Column("rate_row_id", types.IdString, nullable=True),
        sa.Column("consultation_id", types.IdString, nullable=True),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("warnings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("policy", sa.String(length=16), nullable=False),
        sa.Column("decided_at", types.UTCDateTime(), nullable=False),
        sa.Column("finalized_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_decisions")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_tax_decisions_invoice_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_tax_decisions_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("tax_decisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tax_decisions_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_tax_decisions_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "usage_aggregates",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("metric_slug", sa.String(length=64), nullable=False),
        sa.Column("period_type", sa.String(length=10), nullable=False),
        sa.Column("period_start", types.UTCDateTime(), nullable=False),
        sa.Column("sum", types.ExactDecimal(precision=24, scale=6), nullable=False),
        sa.Column("max", types.ExactDecimal(precision=24, scale=6), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_aggregates")),
        if_not_exists=True,
    )
    with op.batch_alter_table("usage_aggregates", schema=None) as batch_op:
        batch_op.create_index(
            "ix_usage_aggregates_partner",
            ["partner_id", "period_type", "period_start"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            "ix_usage_aggregates_platform", ["period_type", "period_start"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_usage_aggregates_range",
            ["tenant_id", "service_id", "period_type", "period_start"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            "ix_usage_aggregates_recent", ["period_type", "updated_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "usage_events",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("metric_slug", sa.String(length=64), nullable=False),
        sa.Column(
            "idempotency_key",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=128), "mysql"),
            nullable=False,
        ),
        sa.Column("quantity", types.ExactDecimal(precision=18, scale=6), nullable=False),
        sa.Column("occurred_at", types.UTCDateTime(), nullable=False),
        sa.Column("counted_at", types.UTCDateTime(), nullable=False),
        sa.Column("dimensions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column(
            "corrects",
            sa.String(length=128)
            .with_variant(mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=128), "mariadb")
            .with_variant(mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=128), "mysql"),
            nullable=True,
        ),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("aggregated_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
        sa.UniqueConstraint("service_id", "idempotency_key", name=op.f("uq_usage_events_service_id_idempotency_key")),
        if_not_exists=True,
    )
    with op.batch_alter_table("usage_events", schema=None) as batch_op:
        batch_op.create_index("ix_usage_events_corrects", ["service_id", "corrects"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_usage_events_counted", ["tenant_id", "service_id", "counted_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_usage_events_tail", ["aggregated_at", "tenant_id", "service_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "vat_consultations",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=False),
        sa.Column("requester_vat_number", sa.String(length=20), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("consultation_number", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=512), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("raw", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("consulted_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_consultations")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_vat_consultations_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("vat_consultations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_vat_consultations_latest", ["tenant_id", "vat_number", "consulted_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_vat_consultations_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_vat_consultations_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "vat_rates",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=False),
        sa.Column("territory", sa.String(length=32), nullable=False),
        sa.Column("rate", types.ExactDecimal(precision=5, scale=2), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_rates")),
        sa.UniqueConstraint(
            "country_code", "territory", "valid_from", name=op.f("uq_vat_rates_country_code_territory_valid_from")
        ),
        if_not_exists=True,
    )
    op.create_table(
        "web_sessions",
        sa.Column("id_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("user_id", types.IdString, nullable=False),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("opened_at", types.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", types.UTCDateTime(), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id_sha256", name=op.f("pk_web_sessions")),
        if_not_exists=True,
    )
    with op.batch_alter_table("web_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_web_sessions_expires_at"), ["expires_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_web_sessions_user_id"), ["user_id"], unique=False, if_not_exists=True)

    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("target_url", sa.String(length=2000), nullable=False),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("api_version", sa.String(length=10), nullable=False),
        sa.Column("secret_vault_path", sa.String(length=512), nullable=False),
        sa.Column("previous_secret_vault_path", sa.String(length=512), nullable=True),
        sa.Column("rotation_ends_at", types.UTCDateTime(), nullable=True),
        sa.Column("disabled_reason", sa.String(length=20), nullable=True),
        sa.Column("disabled_at", types.UTCDateTime(), nullable=True),
        sa.Column("consecutive_failures", sa.BigInteger(), nullable=False),
        sa.Column("first_failure_at", types.UTCDateTime(), nullable=True),
        sa.Column("dead_deliveries", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_subscriptions")),
        if_not_exists=True,
    )
    with op.batch_alter_table("webhook_subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_webhook_subscriptions_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "billing_run_documents",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("run_id", types.IdString, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal_cents", sa.BigInteger(), nullable=False),
        sa.Column("tax_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["billing_runs.id"], name=op.f("fk_billing_run_documents_run_id")),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_billing_run_documents")),
        if_not_exists=True,
    )
    with op.batch_alter_table("billing_run_documents", schema=None) as batch_op:
        batch_op.create_index("ix_billing_run_documents_open", ["run_id", "status"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_billing_run_documents_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_billing_run_documents_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "delivery_attempts",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("delivery_id", types.IdString, nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", types.UTCDateTime(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("response_code", sa.BigInteger(), nullable=True),
        sa.Column("response_excerpt", sa.String(length=500), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["event_outbox.id"], name=op.f("fk_delivery_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempts")),
        if_not_exists=True,
    )
    with op.batch_alter_table("delivery_attempts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_attempts_delivery", ["delivery_id", "attempt"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_delivery_attempts_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "notification_reads",
        sa.Column("notification_id", types.IdString, nullable=False),
        sa.Column("user_id", types.IdString, nullable=False),
        sa.Column("read_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notifications.id"], name=op.f("fk_notification_reads_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", "user_id", name=op.f("pk_notification_reads")),
        if_not_exists=True,
    )
    op.create_table(
        "partner_configuration",
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("legal_name", sa.String(length=200), nullable=True),
        sa.Column("trade_name", sa.String(length=200), nullable=True),
        sa.Column("seller_country_code", sa.String(length=2), nullable=True),
        sa.Column("seller_address_line1", sa.String(length=200), nullable=True),
        sa.Column("seller_address_line2", sa.String(length=200), nullable=True),
        sa.Column("seller_postal_code", sa.String(length=32), nullable=True),
        sa.Column("seller_city", sa.String(length=120), nullable=True),
        sa.Column("seller_state", sa.String(length=120), nullable=True),
        sa.Column("seller_vat_number", sa.String(length=32), nullable=True),
        sa.Column("seller_registration_number", sa.String(length=64), nullable=True),
        sa.Column("seller_email", sa.String(length=254), nullable=True),
        sa.Column("seller_phone", sa.String(length=40), nullable=True),
        sa.Column("iban", sa.String(length=34), nullable=True),
        sa.Column("bic", sa.String(length=11), nullable=True),
        sa.Column("bank_name", sa.String(length=120), nullable=True),
        sa.Column("account_holder", sa.String(length=200), nullable=True),
        sa.Column("default_currency", sa.String(length=3), nullable=False),
        sa.Column("default_language", sa.String(length=2), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("invoice_template_name", sa.String(length=120), nullable=True),
        sa.Column("email_template_name", sa.String(length=120), nullable=True),
        sa.Column("logo_url", sa.String(length=500), nullable=True),
        sa.Column("brand_color", sa.String(length=7), nullable=True),
        sa.Column("peppol_id", sa.String(length=64), nullable=True),
        sa.Column("peppol_scheme", sa.String(length=4), nullable=True),
        sa.Column("number_prefix", sa.String(length=10), nullable=False),
        sa.Column("fiscal_year_start_month", sa.BigInteger(), nullable=False),
        sa.Column("invoice_day", sa.BigInteger(), nullable=False),
        sa.Column("invoice_grouping", sa.String(length=20), nullable=False),
        sa.Column("oss_registered", sa.Boolean(), nullable=False),
        sa.Column("vies_policy", sa.String(length=20), nullable=False),
        sa.Column("vies_max_age_days", sa.BigInteger(), nullable=False),
        sa.Column("export_category", sa.String(length=1), nullable=False),
        sa.Column("attach_einvoice_xml", sa.Boolean(), nullable=False),
        sa.Column("payment_providers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("payment_terms_days", sa.BigInteger(), nullable=False),
        sa.Column("allow_pay_by_invoice", sa.Boolean(), nullable=False),
        sa.Column("trial_end_without_payment_method", sa.String(length=20), nullable=False),
        sa.Column("proration", sa.String(length=20), nullable=False),
        sa.Column("auto_finalize", sa.Boolean(), nullable=False),
        sa.Column("auto_send", sa.Boolean(), nullable=False),
        sa.Column("auto_charge", sa.Boolean(), nullable=False),
        sa.Column("dunning_retry_days", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("dunning_reminder_days", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("dunning_suspend_day", sa.BigInteger(), nullable=False),
        sa.Column("overdue_grace_days", sa.BigInteger(), nullable=False),
        sa.Column("retention_years", sa.BigInteger(), nullable=True),
        sa.Column("billing_linked_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_configuration_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_partner_configuration")),
        if_not_exists=True,
    )
    op.create_table(
        "plans",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column(
            "billing_period",
            sa.Enum("monthly", "quarterly", "yearly", "one_time", name="billingperiod", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("base_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("features", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("quotas", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("term_months", sa.BigInteger(), nullable=True),
        sa.Column("cost_multiplier", types.ExactDecimal(precision=9, scale=4), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_plans_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("service_id", "slug", name=op.f("uq_plans_service_id_slug")),
        if_not_exists=True,
    )
    op.create_table(
        "service_entrypoints",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("url_template", sa.String(length=500), nullable=False),
        sa.Column("entry_type", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("icon_url", sa.String(length=500), nullable=True),
        sa.Column("required_scope", sa.String(length=60), nullable=True),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_declared", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service_registry.id"], name=op.f("fk_service_entrypoints_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_entrypoints")),
        if_not_exists=True,
    )
    with op.batch_alter_table("service_entrypoints", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_entrypoints_shown", ["service_id", "sort_order"], unique=False, if_not_exists=True
        )

    op.create_table(
        "service_probes",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("probed_at", types.UTCDateTime(), nullable=False),
        sa.Column("status_code", sa.BigInteger(), nullable=False),
        sa.Column("is_healthy", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_service_probes_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_probes")),
        if_not_exists=True,
    )
    with op.batch_alter_table("service_probes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_probes_history", ["service_id", "probed_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_service_probes_probed_at"), ["probed_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "service_versions",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", types.UTCDateTime(), nullable=False),
        sa.Column("changed_fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_service_versions_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_versions")),
        if_not_exists=True,
    )
    with op.batch_alter_table("service_versions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_service_versions_history", ["service_id", "first_seen_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "tenants",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("preferred_language", sa.String(length=2), nullable=True),
        sa.Column("notification_opt_outs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_tenants_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        if_not_exists=True,
    )
    with op.batch_alter_table("tenants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tenants_partner_id"), ["partner_id"], unique=False, if_not_exists=True)

    op.create_table(
        "groups",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("deleted_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_groups_partner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_groups_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        if_not_exists=True,
    )
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_groups_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_groups_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "invoices",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column(
            "document_type",
            sa.Enum("invoice", "credit_note", name="documenttype", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "finalized",
                "sent",
                "past_due",
                "paid",
                "void",
                name="invoicestatus",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("fiscal_year", sa.BigInteger(), nullable=True),
        sa.Column("serial", sa.BigInteger(), nullable=True),
        sa.Column("referenced_invoice_id", types.IdString, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("period_start", types.UTCDateTime(), nullable=True),
        sa.Column("period_end", types.UTCDateTime(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("buyer_reference", sa.String(length=100), nullable=True),
        sa.Column("purchase_order_ref", sa.String(length=100), nullable=True),
        sa.Column("credit_reason", sa.Text(), nullable=True),
        sa.Column("billing_run_id", types.IdString, nullable=True),
        sa.Column("subtotal_cents", sa.BigInteger(), nullable=False),
        sa.Column("tax_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("reverse_charge", sa.Boolean(), nullable=False),
        sa.Column("tax_label", sa.String(length=120), nullable=True),
        sa.Column("legal_note", sa.Text(), nullable=True),
        sa.Column("finalized_at", types.UTCDateTime(), nullable=True),
        sa.Column("buyer_snapshot", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("seller_snapshot", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("canonical_digest", sa.String(length=64), nullable=True),
        sa.Column("previous_digest", sa.String(length=64), nullable=True),
        sa.Column("amount_paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("amount_credited_cents", sa.BigInteger(), nullable=False),
        sa.Column("amount_due_cents", sa.BigInteger(), nullable=False),
        sa.Column("settlement", sa.String(length=20), nullable=True),
        sa.Column("delivery", sa.String(length=10), nullable=True),
        sa.Column("sent_at", types.UTCDateTime(), nullable=True),
        sa.Column("paid_at", types.UTCDateTime(), nullable=True),
        sa.Column("past_due_since", types.UTCDateTime(), nullable=True),
        sa.Column("voided_at", types.UTCDateTime(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("pdf_url", sa.String(length=500), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "referenced_invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_invoices_tenant_id_referenced_invoice_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_invoices_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("partner_id", "number", name=op.f("uq_invoices_partner_id_number")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_invoices_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("invoices", schema=None) as batch_op:
        batch_op.create_index("ix_invoices_age", ["status", "due_date"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_invoices_billing_run_id"), ["billing_run_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index("ix_invoices_feed", ["tenant_id", "created_at", "id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_invoices_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index("ix_invoices_referenced", ["referenced_invoice_id"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_invoices_series",
            ["partner_id", "document_type", "fiscal_year", "serial"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(batch_op.f("ix_invoices_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "partner_price_overrides",
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=True),
        sa.Column("markup_percent", types.ExactDecimal(precision=7, scale=3), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", types.UTCDateTime(), nullable=False),
        sa.Column("valid_to", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_partner_price_overrides_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_price_overrides")),
        if_not_exists=True,
    )
    with op.batch_alter_table("partner_price_overrides", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_partner_price_overrides_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_partner_price_overrides_plan_id"), ["plan_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_partner_price_overrides_range",
            ["partner_id", "plan_id", "valid_from"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "plan_usage_pricing",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("metric_slug", sa.String(length=64), nullable=False),
        sa.Column("tier_start", types.ExactDecimal(precision=18, scale=6), nullable=False),
        sa.Column("tier_end", types.ExactDecimal(precision=18, scale=6), nullable=True),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("unit_divisor", sa.BigInteger(), nullable=False),
        sa.Column("unit_label", sa.String(length=40), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_usage_pricing_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_usage_pricing")),
        sa.UniqueConstraint(
            "plan_id", "metric_slug", "tier_start", name=op.f("uq_plan_usage_pricing_plan_id_metric_slug_tier_start")
        ),
        if_not_exists=True,
    )
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("pack_subscription_id", types.IdString, nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "trialing",
                "active",
                "past_due",
                "cancelling",
                "suspended",
                "cancelled",
                "expired",
                name="subscriptionstatus",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=True),
        sa.Column("next_unit_price_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("activated_at", types.UTCDateTime(), nullable=True),
        sa.Column("anchor_day", sa.BigInteger(), nullable=True),
        sa.Column("current_period_start", types.UTCDateTime(), nullable=True),
        sa.Column("current_period_end", types.UTCDateTime(), nullable=True),
        sa.Column("renewed_through", types.UTCDateTime(), nullable=True),
        sa.Column("term_ends_at", types.UTCDateTime(), nullable=True),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("trial_ends_at", types.UTCDateTime(), nullable=True),
        sa.Column("next_trial_notice_at", types.UTCDateTime(), nullable=True),
        sa.Column("past_due_since", types.UTCDateTime(), nullable=True),
        sa.Column("suspended_at", types.UTCDateTime(), nullable=True),
        sa.Column("suspended_reason", sa.Text(), nullable=True),
        sa.Column("pending_cancellation_at", types.UTCDateTime(), nullable=True),
        sa.Column("last_scheduled_for", types.UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", types.UTCDateTime(), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("external_reference", sa.String(length=100), nullable=True),
        sa.Column("payment_method_id", types.IdString, nullable=True),
        sa.Column("endpoint", sa.String(length=500), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("live_key", sa.String(length=80), sa.Computed(LIVE_KEY, persisted=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_subscriptions_plan_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service_registry.id"], name=op.f("fk_subscriptions_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("live_key", name=op.f("uq_subscriptions_live_key")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_subscriptions_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subscriptions_cancellation_due", ["status", "pending_cancellation_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_subscriptions_external_reference"), ["external_reference"], unique=False, if_not_exists=True
        )
        batch_op.create_index("ix_subscriptions_notice_due", ["next_trial_notice_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_subscriptions_pack_subscription_id"),
            ["pack_subscription_id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_subscriptions_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_subscriptions_period_due", ["status", "current_period_end"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_subscriptions_plan_id"), ["plan_id"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_subscriptions_service", ["tenant_id", "service_id", "status"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_subscriptions_service_id"), ["service_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_subscriptions_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)
        batch_op.create_index("ix_subscriptions_term_due", ["status", "term_ends_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_subscriptions_trial_due", ["status", "trial_ends_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "tenant_billing_profiles",
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("company_name", sa.String(length=200), nullable=True),
        sa.Column("address_line1", sa.String(length=200), nullable=True),
        sa.Column("address_line2", sa.String(length=200), nullable=True),
        sa.Column("postal_code", sa.String(length=32), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=120), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("vat_number", sa.String(length=32), nullable=True),
        sa.Column("tax_exempt", sa.Boolean(), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("is_business", sa.Boolean(), nullable=False),
        sa.Column("peppol_id", sa.String(length=64), nullable=True),
        sa.Column("peppol_scheme", sa.String(length=4), nullable=True),
        sa.Column("leitweg_id", sa.String(length=46), nullable=True),
        sa.Column("preferred_einvoice_format", sa.String(length=20), nullable=True),
        sa.Column("preferred_language", sa.String(length=2), nullable=True),
        sa.Column("invoice_template_name", sa.String(length=120), nullable=True),
        sa.Column("email_template_name", sa.String(length=120), nullable=True),
        sa.Column("buyer_reference", sa.String(length=120), nullable=True),
        sa.Column("tax_exempt_reason", sa.String(length=500), nullable=True),
        sa.Column("tax_exempt_reason_code", sa.String(length=40), nullable=True),
        sa.Column("vat_number_validated_at", types.UTCDateTime(), nullable=True),
        sa.Column("vat_number_result", sa.String(length=20), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_tenant_billing_profiles_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_billing_profiles")),
        if_not_exists=True,
    )
    with op.batch_alter_table("tenant_billing_profiles", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tenant_billing_profiles_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "users",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("last_login_at", types.UTCDateTime(), nullable=True),
        sa.Column("deleted_at", types.UTCDateTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_users_partner_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_users_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        if_not_exists=True,
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_email"), ["email"], unique=False, if_not_exists=True)
        batch_op.create_index("ix_users_listed", ["deleted_at", "status"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_users_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_users_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "document_deliveries",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("recipients", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("attach_xml", sa.Boolean(), nullable=False),
        sa.Column("einvoice_format", sa.String(length=12), nullable=True),
        sa.Column("requested_at", types.UTCDateTime(), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("delivered_at", types.UTCDateTime(), nullable=True),
        sa.Column("nth", sa.BigInteger(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_document_deliveries_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_deliveries")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_document_deliveries_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("document_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_document_deliveries_asked", ["invoice_id", "requested_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_document_deliveries_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_document_deliveries_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "document_renders",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", types.UTCDateTime(), nullable=False),
        sa.Column("requested_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", types.UTCDateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", types.UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_document_renders_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_renders")),
        sa.UniqueConstraint("invoice_id", "version", name=op.f("uq_document_renders_invoice_id_version")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_document_renders_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("document_renders", schema=None) as batch_op:
        batch_op.create_index("ix_document_renders_due", ["due_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_document_renders_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_document_renders_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "document_versions",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("format", sa.String(length=12), nullable=False),
        sa.Column("storage_key", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("template_id", types.IdString, nullable=True),
        sa.Column("template_version", sa.BigInteger(), nullable=True),
        sa.Column("rules", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_document_versions_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_versions")),
        sa.UniqueConstraint(
            "invoice_id", "version", "kind", "format", name=op.f("uq_document_versions_invoice_id_version_kind_format")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_document_versions_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("document_versions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_document_versions_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_document_versions_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "dunnings",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("started_at", types.UTCDateTime(), nullable=False),
        sa.Column("dunning_stage", sa.BigInteger(), nullable=False),
        sa.Column("dunning_next_at", types.UTCDateTime(), nullable=True),
        sa.Column("skips_retries", sa.Boolean(), nullable=False),
        sa.Column("ended_at", types.UTCDateTime(), nullable=True),
        sa.Column("suspended", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_dunnings_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_dunnings")),
        if_not_exists=True,
    )
    with op.batch_alter_table("dunnings", schema=None) as batch_op:
        batch_op.create_index("ix_dunnings_due", ["dunning_next_at"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_dunnings_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_dunnings_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "group_members",
        sa.Column("group_id", types.IdString, nullable=False),
        sa.Column("user_id", types.IdString, nullable=False),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_group_members_user_id")),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_group_members")),
        if_not_exists=True,
    )
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_group_members_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_group_members_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_group_members_user_id"), ["user_id"], unique=False, if_not_exists=True)

    op.create_table(
        "invoice_line_items",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("order_index", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", types.ExactDecimal(precision=18, scale=6), nullable=False),
        sa.Column("unit_label", sa.String(length=40), nullable=True),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("unit_divisor", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("tax_category", sa.String(length=2), nullable=True),
        sa.Column("tax_rate", types.ExactDecimal(precision=5, scale=2), nullable=True),
        sa.Column("tax_cents", sa.BigInteger(), nullable=False),
        sa.Column("period_start", types.UTCDateTime(), nullable=True),
        sa.Column("period_end", types.UTCDateTime(), nullable=True),
        sa.Column("subscription_id", types.IdString, nullable=True),
        sa.Column("pack_subscription_id", types.IdString, nullable=True),
        sa.Column("metric_slug", sa.String(length=100), nullable=True),
        sa.Column("billing_charge_id", types.IdString, nullable=True),
        sa.Column("credited_line_id", types.IdString, nullable=True),
        sa.Column("ledger_code", sa.String(length=40), nullable=True),
        sa.Column("derivation", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credited_line_id"],
            ["invoice_line_items.tenant_id", "invoice_line_items.id"],
            name=op.f("fk_invoice_line_items_tenant_id_credited_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_invoice_line_items_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line_items")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_invoice_line_items_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("invoice_line_items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_line_items_billing_charge_id"),
            ["billing_charge_id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_line_items_credited_line_id"), ["credited_line_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_invoice_line_items_order", ["invoice_id", "order_index"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_line_items_pack_subscription_id"),
            ["pack_subscription_id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_line_items_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_line_items_subscription_id"), ["subscription_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_line_items_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "invoice_settlements",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=100), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_cents", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", types.UTCDateTime(), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("method", sa.String(length=40), nullable=True),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_invoice_settlements_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_settlements")),
        sa.UniqueConstraint("invoice_id", "source_id", name=op.f("uq_invoice_settlements_invoice_id_source_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_invoice_settlements_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("invoice_settlements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_settlements_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_settlements_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "payments",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("invoice_id", types.IdString, nullable=False),
        sa.Column("payment_method_id", types.IdString, nullable=True),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("failure_code", sa.String(length=100), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("unapplied_cents", sa.BigInteger(), nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("open_key", types.IdString, nullable=True),
        sa.Column("redirect_url", sa.String(length=1000), nullable=True),
        sa.Column("called_at", types.UTCDateTime(), nullable=True),
        sa.Column("due_at", types.UTCDateTime(), nullable=True),
        sa.Column("next_retry_at", types.UTCDateTime(), nullable=True),
        sa.Column("succeeded_at", types.UTCDateTime(), nullable=True),
        sa.Column("disputed_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoices.tenant_id", "invoices.id"],
            name=op.f("fk_payments_tenant_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payments_idempotency_key")),
        sa.UniqueConstraint("open_key", name=op.f("uq_payments_open_key")),
        sa.UniqueConstraint("provider", "external_id", name=op.f("uq_payments_provider_external_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_payments_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index("ix_payments_due", ["due_at"], unique=False, if_not_exists=True)
        batch_op.create_index("ix_payments_invoice", ["invoice_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_payments_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_payments_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)

    op.create_table(
        "provisioning_workflows",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("subscription_id", types.IdString, nullable=False),
        sa.Column("service_id", types.IdString, nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "provision", "update", "suspend", "resume", "deprovision", name="action", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("cause", sa.String(length=100), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "running",
                "completed",
                "failed",
                "rolling_back",
                "rolled_back",
                "rollback_failed",
                "cancelled",
                name="workflowstatus",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("plan_key", sa.String(length=160), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.String(length=500), nullable=True),
        sa.Column("credentials_path", sa.String(length=255), nullable=True),
        sa.Column("credential_fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failed_step", sa.String(length=40), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("rollback_at", types.UTCDateTime(), nullable=True),
        sa.Column("completed_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service_registry.id"], name=op.f("fk_provisioning_workflows_service_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.id"],
            name=op.f("fk_provisioning_workflows_tenant_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisioning_workflows")),
        sa.UniqueConstraint("subscription_id", "cause", name=op.f("uq_provisioning_workflows_subscription_id_cause")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_provisioning_workflows_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("provisioning_workflows", schema=None) as batch_op:
        batch_op.create_index(
            "ix_provisioning_workflows_latest",
            ["tenant_id", "service_id", "created_at"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_provisioning_workflows_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_provisioning_workflows_rollback_due", ["rollback_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_provisioning_workflows_status", ["status", "created_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_provisioning_workflows_subscription_id"),
            ["subscription_id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_provisioning_workflows_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "role_assignments",
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("user_id", types.IdString, nullable=True),
        sa.Column("group_id", types.IdString, nullable=True),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", types.IdString, nullable=True),
        sa.Column("partner_id", types.IdString, nullable=True),
        sa.Column("granted_by", sa.String(length=100), nullable=False),
        sa.Column("granted_at", types.UTCDateTime(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_role_assignments_group_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_role_assignments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignments")),
        sa.UniqueConstraint("group_id", name=op.f("uq_role_assignments_group_id")),
        sa.UniqueConstraint("user_id", "role", name=op.f("uq_role_assignments_user_id_role")),
        if_not_exists=True,
    )
    with op.batch_alter_table("role_assignments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_role_assignments_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_role_assignments_role"), ["role"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_role_assignments_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "subscription_changes",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("subscription_id", types.IdString, nullable=False),
        sa.Column("changed_at", types.UTCDateTime(), nullable=False),
        sa.Column("period_end", types.UTCDateTime(), nullable=False),
        sa.Column("old_plan_id", types.IdString, nullable=False),
        sa.Column("old_quantity", sa.BigInteger(), nullable=False),
        sa.Column("old_unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("new_plan_id", types.IdString, nullable=False),
        sa.Column("new_quantity", sa.BigInteger(), nullable=False),
        sa.Column("new_unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("remaining_days", sa.BigInteger(), nullable=False),
        sa.Column("old_period_days", sa.BigInteger(), nullable=False),
        sa.Column("new_period_days", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("due_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["new_plan_id"], ["plans.id"], name=op.f("fk_subscription_changes_new_plan_id")),
        sa.ForeignKeyConstraint(["old_plan_id"], ["plans.id"], name=op.f("fk_subscription_changes_old_plan_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.id"],
            name=op.f("fk_subscription_changes_tenant_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_changes")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_subscription_changes_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("subscription_changes", schema=None) as batch_op:
        batch_op.create_index("ix_subscription_changes_due", ["partner_id", "due_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_subscription_changes_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_subscription_changes_subscription_id"), ["subscription_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_subscription_changes_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "subscription_periods",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("subscription_id", types.IdString, nullable=False),
        sa.Column("period_start", types.UTCDateTime(), nullable=False),
        sa.Column("period_end", types.UTCDateTime(), nullable=True),
        sa.Column("plan_id", types.IdString, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("full_days", sa.BigInteger(), nullable=False),
        sa.Column("base_due_at", types.UTCDateTime(), nullable=True),
        sa.Column("usage_due_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_subscription_periods_plan_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "subscription_id"],
            ["subscriptions.tenant_id", "subscriptions.id"],
            name=op.f("fk_subscription_periods_tenant_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_periods")),
        sa.UniqueConstraint(
            "subscription_id", "period_start", name=op.f("uq_subscription_periods_subscription_id_period_start")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_subscription_periods_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("subscription_periods", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subscription_periods_base_due", ["partner_id", "base_due_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_subscription_periods_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_subscription_periods_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            "ix_subscription_periods_usage_due", ["partner_id", "usage_due_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "provisioning_steps",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("workflow_id", types.IdString, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "running",
                "waiting_callback",
                "waiting_poll",
                "completed",
                "skipped",
                "failed",
                "compensating",
                "compensated",
                "compensation_failed",
                name="stepstatus",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("next_run_at", types.UTCDateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=60), nullable=True),
        sa.Column("deadline_at", types.UTCDateTime(), nullable=True),
        sa.Column("poll_url", sa.Text(), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=True),
        sa.Column("final_answer_sha256", sa.String(length=64), nullable=True),
        sa.Column("extensions", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("started_at", types.UTCDateTime(), nullable=True),
        sa.Column("finished_at", types.UTCDateTime(), nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["provisioning_workflows.tenant_id", "provisioning_workflows.id"],
            name=op.f("fk_provisioning_steps_tenant_id_workflow_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisioning_steps")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_provisioning_steps_token_sha256")),
        sa.UniqueConstraint("workflow_id", "name", name=op.f("uq_provisioning_steps_workflow_id_name")),
        if_not_exists=True,
    )
    with op.batch_alter_table("provisioning_steps", schema=None) as batch_op:
        batch_op.create_index("ix_provisioning_steps_due", ["next_run_at"], unique=False, if_not_exists=True)
        batch_op.create_index(
            batch_op.f("ix_provisioning_steps_partner_id"), ["partner_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_provisioning_steps_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "refunds",
        sa.Column("tenant_id", types.IdString, nullable=False),
        sa.Column("partner_id", types.IdString, nullable=False),
        sa.Column("id", types.IdString, nullable=False),
        sa.Column("payment_id", types.IdString, nullable=False),
        sa.Column("credit_note_id", types.IdString, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", types.UTCDateTime(), nullable=True),
        sa.Column("created_at", types.UTCDateTime(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.id"],
            name=op.f("fk_refunds_tenant_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refunds_idempotency_key")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_refunds_tenant_id_id")),
        if_not_exists=True,
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refunds_due_at"), ["due_at"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_refunds_partner_id"), ["partner_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_refunds_tenant_id"), ["tenant_id"], unique=False, if_not_exists=True)
    triggers.install(op.get_bind())


def downgrade() -> None:
    op.drop_table("refunds")
    op.drop_table("provisioning_steps")
    op.drop_table("subscription_periods")
    op.drop_table("subscription_changes")
    op.drop_table("role_assignments")
    op.drop_table("provisioning_workflows")
    op.drop_table("payments")
    op.drop_table("invoice_settlements")
    op.drop_table("invoice_line_items")
    op.drop_table("group_members")
    op.drop_table("dunnings")
    op.drop_table("document_versions")
    op.drop_table("document_renders")
    op.drop_table("document_deliveries")
    op.drop_table("users")
    op.drop_table("tenant_billing_profiles")
    op.drop_table("subscriptions")
    op.drop_table("plan_usage_pricing")
    op.drop_table("partner_price_overrides")
    op.drop_table("invoices")
    op.drop_table("groups")
    op.drop_table("tenants")
    op.drop_table("service_versions")
    op.drop_table("service_probes")
    op.drop_table("service_entrypoints")
    op.drop_table("plans")
    op.drop_table("partner_configuration")
    op.drop_table("notification_reads")
    op.drop_table("delivery_attempts")
    op.drop_table("billing_run_documents")
    op.drop_table("webhook_subscriptions")
    op.drop_table("web_sessions")
    op.drop_table("vat_rates")
    op.drop_table("vat_consultations")
    op.drop_table("usage_events")
    op.drop_table("usage_aggregates")
    op.drop_table("tax_decisions")
    op.drop_table("service_registry")
    op.drop_table("platform_settings")
    op.drop_table("payment_methods")
    op.drop_table("partners")
    op.drop_table("outgoing_mail")
    op.drop_table("notifications")
    op.drop_table("job_leases")
    op.drop_table("invoice_sequence")
    op.drop_table("inbound_webhook_events")
    op.drop_table("idempotency_requests")
    op.drop_table("event_stream")
    op.drop_table("event_outbox")
    op.drop_table("billing_runs")
    op.drop_table("billing_quarantine")
    op.drop_table("billing_charges")
    op.drop_table("audit_log")
