"""Indexes that bring every list which grows in its orders, narrowed or not; those that they begin with go."""

from collections.abc import Sequence
from typing import Final

from alembic import op

revision: str = "036"
down_revision: str | None = "030"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_INDEXES: Final = (
    ("ix_tenant_billing_profiles_country_code", "tenant_billing_profiles", ["country_code"]),
    ("ix_audit_log_about", "audit_log", ["resource_id", "created_at", "id"]),
    ("ix_audit_log_action_created_at_id", "audit_log", ["action", "created_at", "id"]),
    ("ix_audit_log_actor_id_created_at_id", "audit_log", ["actor_id", "created_at", "id"]),
    ("ix_audit_log_of_tenant", "audit_log", ["tenant_id", "created_at", "id"]),
    ("ix_audit_log_partner_id_action_created_at_id", "audit_log", ["partner_id", "action", "created_at", "id"]),
    ("ix_audit_log_partner_id_actor_id_created_at_id", "audit_log", ["partner_id", "actor_id", "created_at", "id"]),
    ("ix_audit_log_partner_id_created_at_id", "audit_log", ["partner_id", "created_at", "id"]),
    ("ix_audit_log_partner_id_surface_created_at_id", "audit_log", ["partner_id", "surface", "created_at", "id"]),
    ("ix_audit_log_surface_created_at_id", "audit_log", ["surface", "created_at", "id"]),
    ("ix_event_outbox_kind_event_type_created_at_id", "event_outbox", ["kind", "event_type", "created_at", "id"]),
    ("ix_event_outbox_kind_status_created_at_id", "event_outbox", ["kind", "status", "created_at", "id"]),
    ("ix_event_outbox_partner_id_kind_created_at_id", "event_outbox", ["partner_id", "kind", "created_at", "id"]),
    (
        "ix_event_outbox_partner_id_kind_event_type_created_at_id",
        "event_outbox",
        ["partner_id", "kind", "event_type", "created_at", "id"],
    ),
    (
        "ix_event_outbox_partner_id_kind_status_created_at_id",
        "event_outbox",
        ["partner_id", "kind", "status", "created_at", "id"],
    ),
    ("ix_event_outbox_resource_id_kind_created_at_id", "event_outbox", ["resource_id", "kind", "created_at", "id"]),
    ("ix_event_outbox_subscription_id_created_at_id", "event_outbox", ["subscription_id", "created_at", "id"]),
    ("ix_event_outbox_tenant_id_kind_created_at_id", "event_outbox", ["tenant_id", "kind", "created_at", "id"]),
    ("ix_invoices_currency_created_at_id", "invoices", ["currency", "created_at", "id"]),
    ("ix_invoices_document_type_created_at_id", "invoices", ["document_type", "created_at", "id"]),
    ("ix_invoices_due", "invoices", ["due_date"]),
    ("ix_invoices_issued", "invoices", ["issue_date"]),
    ("ix_invoices_partner_id_created_at_id", "invoices", ["partner_id", "created_at", "id"]),
    ("ix_invoices_partner_id_currency_created_at_id", "invoices", ["partner_id", "currency", "created_at", "id"]),
    (
        "ix_invoices_partner_id_document_type_created_at_id",
        "invoices",
        ["partner_id", "document_type", "created_at", "id"],
    ),
    ("ix_invoices_partner_id_due_date_id", "invoices", ["partner_id", "due_date", "id"]),
    ("ix_invoices_partner_id_issue_date_id", "invoices", ["partner_id", "issue_date", "id"]),
    ("ix_invoices_partner_id_number_id", "invoices", ["partner_id", "number", "id"]),
    ("ix_invoices_partner_id_status_created_at_id", "invoices", ["partner_id", "status", "created_at", "id"]),
    ("ix_invoices_partner_id_total_cents_id", "invoices", ["partner_id", "total_cents", "id"]),
    ("ix_invoices_status_created_at_id", "invoices", ["status", "created_at", "id"]),
    ("ix_notifications_category_created_at_id", "notifications", ["category", "created_at", "id"]),
    (
        "ix_notifications_partner_id_category_created_at_id",
        "notifications",
        ["partner_id", "category", "created_at", "id"],
    ),
    ("ix_notifications_partner_id_created_at_id", "notifications", ["partner_id", "created_at", "id"]),
    (
        "ix_notifications_partner_id_severity_created_at_id",
        "notifications",
        ["partner_id", "severity", "created_at", "id"],
    ),
    ("ix_notifications_severity_created_at_id", "notifications", ["severity", "created_at", "id"]),
    ("ix_outgoing_mail_feed", "outgoing_mail", ["tenant_id", "created_at", "id"]),
    ("ix_outgoing_mail_kind_created_at_id", "outgoing_mail", ["kind", "created_at", "id"]),
    ("ix_outgoing_mail_partner_id_created_at_id", "outgoing_mail", ["partner_id", "created_at", "id"]),
    ("ix_outgoing_mail_partner_id_kind_created_at_id", "outgoing_mail", ["partner_id", "kind", "created_at", "id"]),
    ("ix_outgoing_mail_partner_id_status_created_at_id", "outgoing_mail", ["partner_id", "status", "created_at", "id"]),
    ("ix_outgoing_mail_status_created_at_id", "outgoing_mail", ["status", "created_at", "id"]),
    ("ix_payments_amount", "payments", ["amount_cents"]),
    ("ix_payments_feed", "payments", ["tenant_id", "created_at", "id"]),
    ("ix_payments_invoice_id_created_at_id", "payments", ["invoice_id", "created_at", "id"]),
    ("ix_payments_partner_id_amount_cents_id", "payments", ["partner_id", "amount_cents", "id"]),
    ("ix_payments_partner_id_created_at_id", "payments", ["partner_id", "created_at", "id"]),
    ("ix_payments_partner_id_provider_created_at_id", "payments", ["partner_id", "provider", "created_at", "id"]),
    ("ix_payments_partner_id_status_created_at_id", "payments", ["partner_id", "status", "created_at", "id"]),
    ("ix_payments_provider_created_at_id", "payments", ["provider", "created_at", "id"]),
    ("ix_payments_reported", "payments", ["reported_currency"]),
    ("ix_payments_status_created_at_id", "payments", ["status", "created_at", "id"]),
    ("ix_subscriptions_currency_created_at_id", "subscriptions", ["currency", "created_at", "id"]),
    ("ix_subscriptions_feed", "subscriptions", ["tenant_id", "created_at", "id"]),
    ("ix_subscriptions_partner_id_created_at_id", "subscriptions", ["partner_id", "created_at", "id"]),
    (
        "ix_subscriptions_partner_id_currency_created_at_id",
        "subscriptions",
        ["partner_id", "currency", "created_at", "id"],
    ),
    (
        "ix_subscriptions_partner_id_plan_id_created_at_id",
        "subscriptions",
        ["partner_id", "plan_id", "created_at", "id"],
    ),
    (
        "ix_subscriptions_partner_id_service_id_created_at_id",
        "subscriptions",
        ["partner_id", "service_id", "created_at", "id"],
    ),
    ("ix_subscriptions_partner_id_status_created_at_id", "subscriptions", ["partner_id", "status", "created_at", "id"]),
    ("ix_subscriptions_plan_id_created_at_id", "subscriptions", ["plan_id", "created_at", "id"]),
    ("ix_subscriptions_service_id_created_at_id", "subscriptions", ["service_id", "created_at", "id"]),
    ("ix_subscriptions_status_created_at_id", "subscriptions", ["status", "created_at", "id"]),
    ("ix_tenants_listed", "tenants", ["created_at", "id"]),
    ("ix_tenants_mailed", "tenants", ["contact_email"]),
    ("ix_tenants_named", "tenants", ["name"]),
    ("ix_tenants_partner_id_contact_email_id", "tenants", ["partner_id", "contact_email", "id"]),
    ("ix_tenants_partner_id_created_at_id", "tenants", ["partner_id", "created_at", "id"]),
    ("ix_tenants_partner_id_name_id", "tenants", ["partner_id", "name", "id"]),
    ("ix_tenants_partner_id_status_created_at_id", "tenants", ["partner_id", "status", "created_at", "id"]),
    ("ix_tenants_status_created_at_id", "tenants", ["status", "created_at", "id"]),
    ("ix_users_named", "users", ["display_name"]),
    ("ix_users_newest", "users", ["created_at", "id"]),
    ("ix_users_of_tenant", "users", ["tenant_id", "created_at", "id"]),
    ("ix_users_partner_id_created_at_id", "users", ["partner_id", "created_at", "id"]),
    ("ix_users_partner_id_display_name_id", "users", ["partner_id", "display_name", "id"]),
    ("ix_users_partner_id_email_id", "users", ["partner_id", "email", "id"]),
    ("ix_users_partner_id_status_created_at_id", "users", ["partner_id", "status", "created_at", "id"]),
    ("ix_users_status_created_at_id", "users", ["status", "created_at", "id"]),
)
_GONE: Final = (
    ("ix_audit_log_actor_id", "audit_log", ["actor_id"]),
    ("ix_audit_log_partner_id", "audit_log", ["partner_id"]),
    ("ix_audit_log_tenant_id", "audit_log", ["tenant_id"]),
    ("ix_event_outbox_partner_id", "event_outbox", ["partner_id"]),
    ("ix_event_outbox_tenant_id", "event_outbox", ["tenant_id"]),
    ("ix_payments_invoice", "payments", ["invoice_id"]),
    ("ix_tenants_partner_id", "tenants", ["partner_id"]),
    ("ix_users_partner_id", "users", ["partner_id"]),
    ("ix_users_tenant_id", "users", ["tenant_id"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)
    for name, table, _ in _GONE:  # only now: a reference to another table leans on what begins with its column
        op.drop_index(name, table, if_exists=True)


def downgrade() -> None:
    for name, table, columns in _GONE:
        op.create_index(name, table, columns, if_not_exists=True)
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table, if_exists=True)
