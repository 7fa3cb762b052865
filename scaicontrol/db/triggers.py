"""
Database triggers: the last of the three nets that keep sealed rows as they are (service, ORM guard, trigger).

Raw SQL bypasses the first two. Rows of a finalized document refuse every change but to the columns that settlement and
delivery write (contract §14.4); evidence and the audit log are append-only; a number series only counts up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import DDL, Connection, event, inspect

from .model import Model

INVOICE_MUTABLE = frozenset({
    "status", "sent_at", "paid_at", "voided_at", "void_reason", "past_due_since", "amount_paid_cents",
    "amount_credited_cents", "amount_applied_cents", "amount_due_cents", "settlement", "pdf_url", "delivery", "version",
    "times_reopened", "updated_at",
})  # fmt: skip
INVOICE_SEALED = (
    "tenant_id", "partner_id", "id", "document_type", "number", "fiscal_year", "serial", "referenced_invoice_id",
    "currency", "language", "issue_date", "due_date", "period_start", "period_end", "delivery_date", "notes",
    "buyer_reference", "purchase_order_ref", "contract_ref", "payment_terms", "allowances", "charges", "prepaid_cents",
    "payment_means", "credit_reason", "billing_run_id", "subtotal_cents", "tax_cents", "total_cents",
    "reverse_charge", "tax_label", "legal_note", "finalized_at", "buyer_snapshot", "seller_snapshot",
    "canonical_digest", "previous_digest", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trigger:
    """Refuses an INSERT, UPDATE or DELETE on a table while `condition` holds; `message` is what the database says."""

    table: str
    event: str
    condition: str
    message: str
    reads: str = ""  # another table that the condition looks at

    @property
    def name(self) -> str:
        return f"keep_{self.table}_on_{self.event.lower()}"

    def create(self, dialect: str) -> str:
        head = f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW"
        if dialect == "sqlite":
            return f"{head} WHEN {self.condition} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        return f"{head} IF {self.condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{self.message}'; END IF"

    def drop(self) -> str:
        return f"DROP TRIGGER IF EXISTS {self.name}"


def _changed(columns: Iterable[str], dialect: str) -> str:
    if dialect == "sqlite":
        return "(" + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in columns) + ")"
    # BINARY: a collation that ignores case would let 'Acme' become 'ACME' unseen.
    return "NOT (" + " AND ".join(f"BINARY NEW.{name} <=> BINARY OLD.{name}" for name in columns) + ")"


def _sealed_parent(*rows: str) -> str:
    keys = ", ".join(f"{row}.invoice_id" for row in rows)
    return f"EXISTS (SELECT 1 FROM invoices WHERE id IN ({keys}) AND finalized_at IS NOT NULL)"  # noqa: S608  # our own names


VERSION_SEALED = (
    "plan_id", "number", "base_price_cents", "cost_multiplier", "quotas", "trial_days", "term_months",
    "setup_price_cents", "minimum_use_cents", "sold_at",
)  # fmt: skip


def _sold_version(*rows: str) -> str:
    named = " OR ".join(f"(plan_id = {row}.plan_id AND number = {row}.plan_version)" for row in rows)
    return f"EXISTS (SELECT 1 FROM plan_versions WHERE ({named}) AND sold_at IS NOT NULL)"  # noqa: S608  # our own names


def triggers(
    dialect: str, sealed_columns: Iterable[str] = INVOICE_SEALED, version_columns: Iterable[str] = VERSION_SEALED
) -> Iterator[Trigger]:
    """Give every trigger for `sqlite`, or for MariaDB under any other name."""
    sealed = "The document is finalized and cannot change; correct it with a credit note."
    yield Trigger("invoices", "DELETE", "OLD.finalized_at IS NOT NULL", sealed)
    changed = _changed(sealed_columns, dialect)
    yield Trigger("invoices", "UPDATE", f"OLD.finalized_at IS NOT NULL AND {changed}", sealed)
    lines = "The lines of a finalized document cannot change; correct it with a credit note."
    yield Trigger("invoice_line_items", "INSERT", _sealed_parent("NEW"), lines)
    yield Trigger("invoice_line_items", "UPDATE", _sealed_parent("NEW", "OLD"), lines)
    yield Trigger("invoice_line_items", "DELETE", _sealed_parent("OLD"), lines)
    for verb in ("UPDATE", "DELETE"):
        tax = "The VAT decision of a finalized document cannot change."
        yield Trigger("tax_decisions", verb, "OLD.finalized_at IS NOT NULL", tax)
        yield Trigger("document_versions", verb, "OLD.id IS NOT NULL", "A stored document version cannot change.")
        yield Trigger("invoice_settlements", verb, "OLD.id IS NOT NULL", "A recorded settlement cannot change.")
        yield Trigger("credit_uses", verb, "OLD.id IS NOT NULL", "A recorded use of a credit cannot change.")
        yield Trigger("wallet_uses", verb, "OLD.id IS NOT NULL", "A recorded use of a wallet cannot change.")
        yield Trigger("ledger_entries", verb, "OLD.id IS NOT NULL", "An entry of the ledger cannot change.")
        yield Trigger("ledger_postings", verb, "OLD.entry_id IS NOT NULL", "A posting of the ledger cannot change.")
        yield Trigger("dispute_movements", verb, "OLD.id IS NOT NULL", "What moved for a dispute cannot change.")
        yield Trigger("contract_declarations", verb, "OLD.id IS NOT NULL", "What was declared cannot change.")
        decided = "A decision about a declaration is final."
        yield Trigger("declaration_decisions", verb, "OLD.declaration_id IS NOT NULL", decided)
        yield Trigger("subscription_moments", verb, "OLD.id IS NOT NULL", "What happened to a subscription stays.")
        yield Trigger("audit_log", verb, "OLD.id IS NOT NULL", "The audit log is append-only.")
    terms = "A version of a plan that was sold cannot change; the next one holds for new subscriptions."
    moved = _changed(version_columns, dialect)
    yield Trigger("plan_versions", "UPDATE", f"OLD.sold_at IS NOT NULL AND {moved}", terms)
    yield Trigger("plan_versions", "DELETE", "OLD.sold_at IS NOT NULL", terms)
    for verb, rows in (("INSERT", ("NEW",)), ("UPDATE", ("NEW", "OLD")), ("DELETE", ("OLD",))):
        yield Trigger("plan_usage_pricing", verb, _sold_version(*rows), terms, reads="plan_versions")
    series = "A number series only counts up, one at a time."
    keys = _changed(("partner_id", "document_type", "fiscal_year", "prefix"), dialect)
    yield Trigger(
        "invoice_sequence",
        "UPDATE",
        f"NEW.next_number <> OLD.next_number + 1 OR NEW.last_issue_date < OLD.last_issue_date OR {keys}",
        series,
    )
    yield Trigger("invoice_sequence", "DELETE", "OLD.next_number > 1", series)


def create_statements(dialect: str, tables: Iterable[str] | None = None) -> list[str]:
    """Give the DDL that installs the triggers, of all tables or of those named."""
    wanted = None if tables is None else set(tables)
    return [trigger.create(dialect) for trigger in triggers(dialect) if wanted is None or trigger.table in wanted]


def drop_statements(dialect: str, tables: Iterable[str] | None = None) -> list[str]:
    """Give the DDL that removes the triggers; also before a table is rebuilt."""
    wanted = None if tables is None else set(tables)
    return [trigger.drop() for trigger in triggers(dialect) if wanted is None or trigger.table in wanted]


def install(connection: Connection) -> None:
    """
    Put the triggers in place anew, on the tables and over the columns of theirs that are there.

    Every revision that adds a sealed column calls this; an older one so never names what only comes later.
    """
    dialect, schema = connection.dialect.name, inspect(connection)
    tables = set(schema.get_table_names())

    def there(table: str, names: Iterable[str]) -> list[str]:
        present = {column["name"] for column in schema.get_columns(table)} if table in tables else set()
        return [name for name in names if name in present]

    sealed = there("invoices", INVOICE_SEALED), there("plan_versions", VERSION_SEALED)
    created = [
        trigger.create(dialect)
        for trigger in triggers(dialect, *sealed)
        if trigger.table in tables and (not trigger.reads or trigger.reads in tables)
    ]
    for statement in (*drop_statements(dialect, tables), *created):
        connection.execute(DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


@event.listens_for(Model.metadata, "after_create")
def _install(_: Any, connection: Connection, tables: Any = (), **__: Any) -> None:
    """`create_all` installs them too, so that a schema without revisions is as strict as a migrated one."""
    names = [table.name for table in tables or ()]
    for statement in create_statements(connection.dialect.name, names):
        connection.execute(DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
