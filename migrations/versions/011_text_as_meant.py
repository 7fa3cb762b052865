"""
How many drafts a run left behind; and text that waits for a document without the characters nobody meant.

A name that was copied with a zero-width space, a byte order mark or a word joiner was stored as it came and refused
when a number was to be drawn. What enters is cleaned now; this cleans what is there: names, addresses, prices' labels
and drafts. Sealed documents hold none of it, since the gate refused it, and are left alone.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: str = "011"
down_revision: str | None = "010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_NOT_MEANT: Final = re.compile("[\u17b4\u17b5\u180e\u200b\u202a-\u202c\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0]")
# Table: its key, the columns people read, and those that hold them within JSON.
_TEXTS: Final[dict[str, tuple[Sequence[str], Sequence[str], Sequence[str]]]] = {
    "partners": (["id"], ["name"], []),
    "tenants": (["id"], ["name"], []),
    "users": (["id"], ["display_name"], []),
    "partner_configuration": (
        ["partner_id"],
        [
            "legal_name", "trade_name", "seller_address_line1", "seller_address_line2", "seller_postal_code",
            "seller_city", "seller_state", "seller_registration_number", "seller_tax_number", "seller_contact_name",
            "seller_phone", "bank_name", "account_holder", "peppol_id",
        ],
        [],
    ),
    "tenant_billing_profiles": (
        ["tenant_id"],
        [
            "company_name", "address_line1", "address_line2", "postal_code", "city", "state", "phone", "peppol_id",
            "buyer_reference", "tax_exempt_reason",
        ],
        [],
    ),
    "service_registry": (["id"], ["name"], ["metrics"]),
    "plans": (["id"], ["name", "tier"], []),
    "plan_usage_pricing": (["id"], ["unit_label"], []),
    "invoices": (
        ["id"],
        ["notes", "buyer_reference", "purchase_order_ref", "contract_ref", "payment_terms", "credit_reason"],
        ["allowances", "charges"],
    ),
    "invoice_line_items": (["id"], ["description", "unit_label", "exemption_reason"], ["allowances", "charges"]),
}  # fmt: skip
# Only what has no number yet: triggers refuse the rest, and rightly.
_WHERE: Final = {
    "invoices": "finalized_at IS NULL",
    "invoice_line_items": "invoice_id IN (SELECT id FROM invoices WHERE finalized_at IS NULL)",
}


def upgrade() -> None:
    if "left_as_drafts" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("billing_runs")}:
        op.add_column("billing_runs", sa.Column("left_as_drafts", sa.BigInteger(), server_default="0", nullable=False))
    # The default was for the rows that were there; the model gives its own.
    with op.batch_alter_table("billing_runs", schema=None) as batch_op:
        batch_op.alter_column(
            "left_as_drafts", server_default=None, existing_type=sa.BigInteger(), existing_nullable=False
        )
    for name, (keys, texts, documents) in _TEXTS.items():
        _clean(name, keys, texts, documents)


def downgrade() -> None:
    with op.batch_alter_table("billing_runs", schema=None) as batch_op:
        batch_op.drop_column("left_as_drafts")


def _clean(name: str, keys: Sequence[str], texts: Sequence[str], documents: Sequence[str]) -> None:
    strings = [sa.column(each, sa.String()) for each in (*keys, *texts)]
    table = sa.table(name, *strings, *(sa.column(each, sa.JSON(none_as_null=True)) for each in documents))
    rows = sa.select(table).where(sa.text(_WHERE.get(name, "1 = 1")))
    for row in op.get_bind().execute(rows).mappings().all():
        meant = {each: _meant(row[each]) for each in (*texts, *documents)}
        changed = {each: value for each, value in meant.items() if value != row[each]}
        if changed:
            op.get_bind().execute(sa.update(table).where(*(table.c[key] == row[key] for key in keys)).values(changed))


def _meant(value: Any) -> Any:
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value
        return unicodedata.normalize("NFC", _NOT_MEANT.sub("", _LINE_ENDS.sub("\n", value))).strip()
    if isinstance(value, list):
        return [_meant(each) for each in value]
    if isinstance(value, dict):
        return {name: _meant(each) for name, each in value.items()}
    return value
