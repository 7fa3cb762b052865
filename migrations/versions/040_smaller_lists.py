"""Indexes that bring the smaller lists in their orders, too; those that they begin with go."""

from collections.abc import Sequence
from typing import Final

from alembic import op

revision: str = "040"
down_revision: str | None = "039"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_INDEXES: Final = (
    ("ix_accounting_sync_items_listed", "accounting_sync_items", ["created_at", "id"]),
    ("ix_accounting_sync_items_number_created_at_id", "accounting_sync_items", ["number", "created_at", "id"]),
    ("ix_accounting_sync_items_partner_id_created_at_id", "accounting_sync_items", ["partner_id", "created_at", "id"]),
    (
        "ix_accounting_sync_items_partner_id_number_created_at_id",
        "accounting_sync_items",
        ["partner_id", "number", "created_at", "id"],
    ),
    (
        "ix_accounting_sync_items_partner_id_status_created_at_id",
        "accounting_sync_items",
        ["partner_id", "status", "created_at", "id"],
    ),
    ("ix_accounting_sync_items_status_created_at_id", "accounting_sync_items", ["status", "created_at", "id"]),
    ("ix_bank_lines_any_amount", "bank_lines", ["amount_cents"]),
    ("ix_bank_lines_end_to_end", "bank_lines", ["end_to_end_id"]),
    ("ix_bank_lines_kind_created_at_id", "bank_lines", ["kind", "created_at", "id"]),
    ("ix_bank_lines_of_statement", "bank_lines", ["statement_id", "created_at", "id"]),
    ("ix_bank_lines_partner_id_counterparty_name_id", "bank_lines", ["partner_id", "counterparty_name", "id"]),
    ("ix_bank_lines_partner_id_created_at_id", "bank_lines", ["partner_id", "created_at", "id"]),
    ("ix_bank_lines_partner_id_kind_created_at_id", "bank_lines", ["partner_id", "kind", "created_at", "id"]),
    ("ix_bank_lines_partner_id_status_created_at_id", "bank_lines", ["partner_id", "status", "created_at", "id"]),
    ("ix_bank_lines_partner_id_status_id", "bank_lines", ["partner_id", "status", "id"]),
    ("ix_bank_lines_partner_id_waits_for_created_at_id", "bank_lines", ["partner_id", "waits_for", "created_at", "id"]),
    ("ix_bank_lines_payer", "bank_lines", ["counterparty_name"]),
    ("ix_bank_lines_payer_account", "bank_lines", ["counterparty_iban"]),
    ("ix_bank_lines_state", "bank_lines", ["status"]),
    ("ix_bank_lines_status_created_at_id", "bank_lines", ["status", "created_at", "id"]),
    ("ix_bank_lines_waits_for_created_at_id", "bank_lines", ["waits_for", "created_at", "id"]),
    ("ix_billing_quarantine_charge_kind_created_at_id", "billing_quarantine", ["charge_kind", "created_at", "id"]),
    ("ix_billing_quarantine_feed", "billing_quarantine", ["tenant_id", "created_at", "id"]),
    ("ix_billing_quarantine_listed", "billing_quarantine", ["created_at", "id"]),
    ("ix_billing_quarantine_of_run", "billing_quarantine", ["run_id", "created_at", "id"]),
    (
        "ix_billing_quarantine_partner_id_charge_kind_created_at_id",
        "billing_quarantine",
        ["partner_id", "charge_kind", "created_at", "id"],
    ),
    ("ix_billing_quarantine_partner_id_created_at_id", "billing_quarantine", ["partner_id", "created_at", "id"]),
    (
        "ix_billing_quarantine_partner_id_reason_code_created_at_id",
        "billing_quarantine",
        ["partner_id", "reason_code", "created_at", "id"],
    ),
    (
        "ix_billing_quarantine_partner_id_resolved_at_created_at_id",
        "billing_quarantine",
        ["partner_id", "resolved_at", "created_at", "id"],
    ),
    ("ix_billing_quarantine_reason_code_created_at_id", "billing_quarantine", ["reason_code", "created_at", "id"]),
    ("ix_billing_quarantine_resolved_at_created_at_id", "billing_quarantine", ["resolved_at", "created_at", "id"]),
    ("ix_credits_amount", "credits", ["amount_cents"]),
    ("ix_credits_currency_created_at_id", "credits", ["currency", "created_at", "id"]),
    ("ix_credits_feed", "credits", ["tenant_id", "created_at", "id"]),
    ("ix_credits_listed", "credits", ["created_at", "id"]),
    ("ix_credits_partner_id_amount_cents_id", "credits", ["partner_id", "amount_cents", "id"]),
    ("ix_credits_partner_id_created_at_id", "credits", ["partner_id", "created_at", "id"]),
    ("ix_credits_partner_id_currency_created_at_id", "credits", ["partner_id", "currency", "created_at", "id"]),
    ("ix_credits_partner_id_source_created_at_id", "credits", ["partner_id", "source", "created_at", "id"]),
    ("ix_credits_source", "credits", ["source_id"]),
    ("ix_credits_source_created_at_id", "credits", ["source", "created_at", "id"]),
    ("ix_disputes_amount", "disputes", ["amount_cents"]),
    ("ix_disputes_external", "disputes", ["external_id"]),
    ("ix_disputes_feed", "disputes", ["tenant_id", "opened_at", "id"]),
    ("ix_disputes_listed", "disputes", ["opened_at", "id"]),
    ("ix_disputes_partner_id_opened_at_id", "disputes", ["partner_id", "opened_at", "id"]),
    ("ix_disputes_partner_id_status_opened_at_id", "disputes", ["partner_id", "status", "opened_at", "id"]),
    ("ix_disputes_status_opened_at_id", "disputes", ["status", "opened_at", "id"]),
    ("ix_provisioning_workflows_action_created_at_id", "provisioning_workflows", ["action", "created_at", "id"]),
    ("ix_provisioning_workflows_feed", "provisioning_workflows", ["tenant_id", "created_at", "id"]),
    ("ix_provisioning_workflows_listed", "provisioning_workflows", ["created_at", "id"]),
    (
        "ix_provisioning_workflows_partner_id_action_created_at_id",
        "provisioning_workflows",
        ["partner_id", "action", "created_at", "id"],
    ),
    (
        "ix_provisioning_workflows_partner_id_created_at_id",
        "provisioning_workflows",
        ["partner_id", "created_at", "id"],
    ),
    (
        "ix_provisioning_workflows_partner_id_service_id_created_at_id",
        "provisioning_workflows",
        ["partner_id", "service_id", "created_at", "id"],
    ),
    (
        "ix_provisioning_workflows_partner_id_status_created_at_id",
        "provisioning_workflows",
        ["partner_id", "status", "created_at", "id"],
    ),
    (
        "ix_provisioning_workflows_service_id_created_at_id",
        "provisioning_workflows",
        ["service_id", "created_at", "id"],
    ),
    ("ix_provisioning_workflows_status_created_at_id", "provisioning_workflows", ["status", "created_at", "id"]),
    ("ix_receivables_amount", "receivables", ["amount_cents"]),
    ("ix_receivables_feed", "receivables", ["tenant_id", "created_at", "id"]),
    ("ix_receivables_left", "receivables", ["remaining_cents"]),
    ("ix_receivables_listed", "receivables", ["created_at", "id"]),
    ("ix_receivables_partner_id_amount_cents_id", "receivables", ["partner_id", "amount_cents", "id"]),
    ("ix_receivables_partner_id_created_at_id", "receivables", ["partner_id", "created_at", "id"]),
    ("ix_receivables_partner_id_remaining_cents_id", "receivables", ["partner_id", "remaining_cents", "id"]),
    ("ix_receivables_partner_id_source_created_at_id", "receivables", ["partner_id", "source", "created_at", "id"]),
    ("ix_receivables_source_created_at_id", "receivables", ["source", "created_at", "id"]),
    ("ix_refunds_feed", "refunds", ["tenant_id", "created_at", "id"]),
    ("ix_refunds_listed", "refunds", ["created_at", "id"]),
    ("ix_refunds_partner_id_created_at_id", "refunds", ["partner_id", "created_at", "id"]),
    ("ix_refunds_partner_id_status_created_at_id", "refunds", ["partner_id", "status", "created_at", "id"]),
    ("ix_refunds_payment", "refunds", ["payment_id"]),
    ("ix_refunds_status_created_at_id", "refunds", ["status", "created_at", "id"]),
)
_GONE: Final = (
    ("ix_bank_lines_status", "bank_lines", ["status", "created_at", "id"]),
    ("ix_billing_quarantine_open", "billing_quarantine", ["partner_id", "resolved_at"]),
    ("ix_billing_quarantine_run_id", "billing_quarantine", ["run_id"]),
    ("ix_disputes_status", "disputes", ["status", "opened_at"]),
    ("ix_provisioning_workflows_status", "provisioning_workflows", ["status", "created_at"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns, if_not_exists=True)
    for name, table, _ in _GONE:  # only now: a reference to another table leans on what begins with its column
        op.drop_index(name, table, if_exists=True)


def downgrade() -> None:
    if op.get_context().dialect.name != "sqlite":  # MariaDB let its own go for one that begins with its column
        op.create_index(
            "fk_provisioning_workflows_service_id", "provisioning_workflows", ["service_id"], if_not_exists=True
        )
    for name, table, columns in _GONE:
        op.create_index(name, table, columns, if_not_exists=True)
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table, if_exists=True)
