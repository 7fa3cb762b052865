"""What must hold after any crash and its recovery, asked in SQL as an auditor would; nothing of the product is used."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path

# Each query gives the rows that break its rule.
RULES = {
    "one charge per subject, kind and period": """
        SELECT subject_id, charge_kind, period_start FROM billing_charges
        GROUP BY subject_id, charge_kind, period_start HAVING COUNT(*) > 1""",
    "every paid period is charged, and nothing is due any more": """
        SELECT p.id FROM subscription_periods p
        LEFT JOIN billing_charges c
          ON c.subject_id = p.subscription_id AND c.period_start = p.period_start AND c.charge_kind = 'base'
        WHERE c.id IS NULL OR p.base_due_at IS NOT NULL""",
    "every charge with an amount is exactly one line of its invoice": """
        SELECT c.id FROM billing_charges c LEFT JOIN invoice_line_items l ON l.billing_charge_id = c.id
        WHERE c.amount_cents <> 0 GROUP BY c.id
        HAVING COUNT(l.id) <> 1 OR SUM(l.amount_cents) <> c.amount_cents OR MAX(l.invoice_id) <> c.invoice_id""",
    "numbers are without gaps and unique": """
        SELECT partner_id, document_type, fiscal_year FROM invoices WHERE serial IS NOT NULL
        GROUP BY partner_id, document_type, fiscal_year
        HAVING MAX(serial) <> COUNT(*) OR COUNT(DISTINCT serial) <> COUNT(*) OR MIN(serial) <> 1""",
    "the series counted what is there": """
        SELECT s.partner_id FROM invoice_sequence s WHERE s.next_number - 1 <> (
          SELECT COUNT(*) FROM invoices i WHERE i.partner_id = s.partner_id
          AND i.document_type = s.document_type AND i.fiscal_year = s.fiscal_year)""",
    "every seal stands on the one before it": """
        SELECT a.number FROM invoices a JOIN invoices b
          ON b.partner_id = a.partner_id AND b.document_type = a.document_type
         AND b.fiscal_year = a.fiscal_year AND b.serial = a.serial + 1
        WHERE b.previous_digest <> a.canonical_digest""",
    "lines and tax make the total": """
        SELECT i.id FROM invoices i JOIN invoice_line_items l ON l.invoice_id = i.id GROUP BY i.id
        HAVING SUM(l.amount_cents) <> MAX(i.subtotal_cents) OR SUM(l.tax_cents) <> MAX(i.tax_cents)
            OR MAX(i.subtotal_cents) + MAX(i.tax_cents) <> MAX(i.total_cents)""",
    "no invoice is left a draft": "SELECT id FROM invoices WHERE status = 'draft'",
    "what is settled is what was recorded": """
        SELECT i.id FROM invoices i WHERE i.amount_paid_cents + i.amount_credited_cents <> COALESCE(
          (SELECT SUM(s.amount_cents) FROM invoice_settlements s WHERE s.invoice_id = i.id), 0)
        OR i.amount_due_cents <> i.total_cents - i.amount_paid_cents - i.amount_credited_cents""",
    "no more is paid than was asked": "SELECT id FROM invoices WHERE amount_paid_cents > total_cents",
    "every invoice is paid, and every payment is over": """
        SELECT id FROM invoices WHERE status <> 'paid'
        UNION ALL SELECT id FROM payments WHERE status <> 'succeeded' OR open_key IS NOT NULL""",
    "each finalised invoice told it once": """
        SELECT i.id FROM invoices i LEFT JOIN event_outbox e
          ON e.resource_id = i.id AND e.event_type = 'invoice.finalized' AND e.kind = 'source'
        GROUP BY i.id HAVING COUNT(e.id) <> 1""",
    "each public fact has one delivery to the subscriber": """
        SELECT e.id FROM event_outbox e LEFT JOIN event_outbox d ON d.source_event_id = e.id AND d.kind <> 'source'
        WHERE e.kind = 'source' AND e.public = 1 GROUP BY e.id HAVING COUNT(d.id) <> 1""",
    "each delivery is delivered": "SELECT id FROM event_outbox WHERE kind <> 'source' AND status <> 'dispatched'",
    "no fact waits for a reaction": "SELECT id FROM event_outbox WHERE next_reaction_at IS NOT NULL",
    "each mail was accepted": "SELECT id FROM outgoing_mail WHERE status <> 'accepted'",
    "each document has its files": """
        SELECT i.id FROM invoices i LEFT JOIN document_versions v ON v.invoice_id = i.id AND v.kind = 'pdf'
        GROUP BY i.id HAVING COUNT(v.id) <> 1""",
    "every child is its parent's tenant's": """
        SELECT l.id FROM invoice_line_items l JOIN invoices i ON i.id = l.invoice_id WHERE l.tenant_id <> i.tenant_id
        UNION ALL SELECT p.id FROM payments p JOIN invoices i ON i.id = p.invoice_id WHERE p.tenant_id <> i.tenant_id
        UNION ALL SELECT c.id FROM billing_charges c JOIN invoices i ON i.id = c.invoice_id
          WHERE c.tenant_id <> i.tenant_id""",
    "no run is left open": "SELECT id FROM billing_runs WHERE status IN ('computing', 'planned', 'applying')",
}


# What must hold of documents alone: two are good, one has a shut gate, and all of the good ones is credited.
DOCUMENT_RULES = {
    rule: RULES[rule]
    for rule in (
        "numbers are without gaps and unique",
        "the series counted what is there",
        "every seal stands on the one before it",
        "lines and tax make the total",
    )
} | {
    "nothing is due, and what was credited is what was recorded": """
        SELECT i.id FROM invoices i WHERE i.number IS NOT NULL AND (i.status <> 'paid' OR i.amount_due_cents <> 0
        OR i.total_cents <> COALESCE(
          (SELECT SUM(s.amount_cents) FROM invoice_settlements s WHERE s.invoice_id = i.id), 0))""",
    "only the draft with the shut gate is left": """
        SELECT id FROM invoices WHERE status = 'draft' AND document_type = 'credit_note'
        UNION ALL SELECT 'drafts' WHERE (SELECT COUNT(*) FROM invoices WHERE status = 'draft') <> 1""",
    "notes give back what was charged, per line": """
        SELECT o.id FROM invoice_line_items o JOIN invoices i ON i.id = o.invoice_id AND i.document_type = 'invoice'
        LEFT JOIN invoice_line_items n ON n.credited_line_id = o.id WHERE i.number IS NOT NULL
        GROUP BY o.id HAVING o.amount_cents + COALESCE(SUM(n.amount_cents), 0) <> 0""",
    "notes give back what was charged, with every cent of VAT": """
        SELECT i.id FROM invoices i JOIN invoices n ON n.referenced_invoice_id = i.id
        GROUP BY i.id HAVING SUM(n.tax_cents) + i.tax_cents <> 0 OR SUM(n.total_cents) + i.total_cents <> 0""",
    "each document told it once": """
        SELECT i.id FROM invoices i LEFT JOIN event_outbox e ON e.resource_id = i.id AND e.kind = 'source'
         AND e.event_type IN ('invoice.finalized', 'credit_note.issued')
        WHERE i.number IS NOT NULL GROUP BY i.id HAVING COUNT(e.id) <> 1""",
    "each document has one PDF and one XML": """
        SELECT i.id FROM invoices i LEFT JOIN document_versions v ON v.invoice_id = i.id
        WHERE i.number IS NOT NULL GROUP BY i.id
        HAVING SUM(v.kind = 'pdf') <> 1 OR SUM(v.kind = 'xml') <> 1 OR COUNT(v.id) <> 2""",
}


# What must hold of books and papers: every invoice was reminded of once and is in the books.
BOOK_RULES = {
    "each invoice was reminded of once": """
        SELECT i.id FROM invoices i LEFT JOIN account_papers p ON p.invoice_id = i.id
        GROUP BY i.id HAVING COUNT(p.id) <> 1""",
    "each invoice is in the books": """
        SELECT i.id FROM invoices i LEFT JOIN accounting_sync_items s
          ON s.document_id = i.id AND s.status = 'synced' AND s.artefact_key IS NOT NULL
        GROUP BY i.id HAVING COUNT(s.id) <> 1""",
}


# What must hold of money that goes back: 20.00 by card, 0.60 by transfer, 0.40 onto an invoice; nothing waits.
CREDIT_RULES = {
    rule: RULES[rule]
    for rule in (
        "numbers are without gaps and unique",
        "the series counted what is there",
        "every seal stands on the one before it",
        "what is settled is what was recorded",
    )
} | {
    "every credit is its amount less its uses, and used up": """
        SELECT c.id FROM credits c WHERE c.remaining_cents <> 0 OR c.amount_cents <>
          COALESCE((SELECT SUM(u.amount_cents) FROM credit_uses u WHERE u.credit_id = c.id), 0)""",
    "what a document left is what became credit": """
        SELECT i.id FROM invoices i WHERE i.document_type = 'credit_note' AND (i.status <> 'paid'
          OR i.total_cents + (SELECT SUM(c.amount_cents) FROM credits c WHERE c.invoice_id = i.id) <> 0)
        UNION ALL SELECT s.invoice_id FROM invoice_settlements s GROUP BY s.invoice_id
          HAVING SUM(s.unapplied_cents) <> 0""",
    "every refund is carried out once, and nothing is promised any more": """
        SELECT id FROM refunds WHERE status <> 'succeeded'
        UNION ALL SELECT id FROM payments WHERE promised_cents <> 0 OR refunded_cents <> 2000""",
    "two notes give 20.00, one of them for what the other did not": """
        SELECT 'notes' WHERE (SELECT GROUP_CONCAT(t) FROM (SELECT total_cents t FROM invoices
          WHERE document_type = 'credit_note' ORDER BY total_cents)) <> '-1210,-790'""",
    "each of the three ways was gone once": """
        SELECT 'uses' WHERE (SELECT GROUP_CONCAT(t) FROM (SELECT kind || ':' || amount_cents t FROM credit_uses
          ORDER BY kind, amount_cents)) <> 'applied:40,refunded:790,refunded:1210,transferred:60'""",
}


def broken_credits(folder: Path) -> list[str]:
    """Name every rule about credit that does not hold, and what the bank gave back against what we booked."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        held = CREDIT_RULES.items()
        found = [f"{rule}: {rows[:3]}" for rule, query in held if (rows := database.execute(query).fetchall())]
        booked = sorted(row[0] for row in database.execute("SELECT amount_cents FROM refunds"))
    bank = json.loads((folder / "sandbox.json").read_text())["refunds"].values()
    given = sorted(refund["amount_cents"] for refund in bank if refund["status"] == "succeeded")
    return found if given == booked else [*found, f"the bank gave back {given}, booked are {booked}"]


def broken_documents(folder: Path) -> list[str]:
    """Name every rule about documents that does not hold, and every file that no row or another row names."""
    return _broken(folder, DOCUMENT_RULES, "SELECT storage_key, sha256 FROM document_versions")


def broken_books(folder: Path) -> list[str]:
    """Name every rule about books and papers that does not hold, and every file that no row or another row names."""
    named = """SELECT storage_key, sha256 FROM document_versions UNION SELECT storage_key, sha256 FROM account_papers
        UNION SELECT artefact_key, artefact_sha256 FROM accounting_sync_items"""
    return _broken(folder, BOOK_RULES, named)


def _broken(folder: Path, rules: dict[str, str], files: str) -> list[str]:
    with closing(sqlite3.connect(folder / "world.db")) as database:
        found = [f"{rule}: {rows[:3]}" for rule, query in rules.items() if (rows := database.execute(query).fetchall())]
        named = dict(database.execute(files))
    stored = {
        path.relative_to(folder / "objects").as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in (folder / "objects").rglob("*")
        if path.is_file() and not path.name.startswith(".tmp-")
    }
    if stored != named:
        found.append(f"files and rows differ: {sorted(set(stored.items()) ^ set(named.items()))[:3]}")
    return found


def broken(folder: Path) -> list[str]:
    """Name every rule that does not hold, with the first rows that break it."""
    with closing(sqlite3.connect(folder / "world.db")) as database:
        found = []
        for rule, query in RULES.items():
            rows = database.execute(query).fetchall()
            if rows:
                found.append(f"{rule}: {rows[:3]}")
        found += _held_against_the_outside(database, folder)
    return found


def _held_against_the_outside(database: sqlite3.Connection, folder: Path) -> list[str]:
    """Our books against what really reached the bank, the postman and the subscriber."""
    found = []
    bank = (
        json.loads((folder / "sandbox.json").read_text())["payments"].values() if _has(folder, "sandbox.json") else []
    )
    taken = Counter((payment["id"], payment["amount_cents"]) for payment in bank if payment["status"] == "succeeded")
    booked = Counter(database.execute("SELECT external_id, amount_cents FROM payments WHERE status = 'succeeded'"))
    if taken != booked:
        found.append(f"the bank's books are not ours: {taken} against {booked}")
    mailed = Counter(_lines(folder, "mailed"))
    ours = {row[0] for row in database.execute("SELECT id FROM outgoing_mail")}
    # What was on its way when the process died is sent again once: nobody can tell whether it arrived.
    if set(mailed) != ours or max(mailed.values(), default=0) > 2:
        found.append(f"mails went out {mailed}, queued were {sorted(ours)}")
    received = set(_lines(folder, "received"))
    sources = "SELECT source_event_id FROM event_outbox WHERE kind <> 'source'"
    deliveries = {row[0] for row in database.execute("SELECT id FROM event_outbox WHERE kind <> 'source'")}
    if received not in ({row[0] for row in database.execute(sources)}, deliveries):
        found.append(f"{len(received)} events were received, {len(deliveries)} sent")
    return found


def _has(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def _lines(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().splitlines() if _has(folder, name) else []
