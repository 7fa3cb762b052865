"""Where each finding of `attention` leads, what is done first, and its runbook: one line each, and no dead end."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class FindingLead(NamedTuple):
    """`command` is what `:` takes: a place and the filter that shows the rows; `runbook` a heading of runbooks.md."""

    command: str
    first: str
    runbook: str


_QUEUE: Final = "Stuck outbox"
_RUN: Final = "A billing run failed"
_DOWN: Final = "A neighbour or payment provider is down"
_FILES: Final = "Disk full, or the object store unreachable"
_PLANS: Final = "A change plan hangs in `applying`"
_MONEY: Final = "Money that did not come, or came twice"
_BANK: Final = "Bank lines wait"
_BOOKS: Final = "`chain_verify` or `invariant_check` failed"
_JOBS: Final = "A job is late or failed"
_JOIN: Final = "A service asks to be let in"
_WHO: Final = "Suspended, or not paid"

LEADS: Final[Mapping[str, FindingLead]] = {
    "dead_deliveries": FindingLead("deliveries dead", "Mend the subscriber, then r retries; i shows it.", _QUEUE),
    "disabled_endpoints": FindingLead("subscribers switched_off", "Mend it there, t tests, e resumes.", _QUEUE),
    "late_renders": FindingLead("files", "Read why; run :jobs document_render, or r makes them anew.", _FILES),
    "quarantine": FindingLead("quarantine", "Enter says what is missing; mend that, then r resolves.", _RUN),
    "refused_drafts": FindingLead("quarantine", "Enter says what is missing; mend that, then r resolves.", _RUN),
    "provisioning": FindingLead("provisioning stuck", "Enter names the step that failed; r tries it again.", _DOWN),
    "unhealthy": FindingLead("services unhealthy", "h looks at its health address now.", _DOWN),
    "registrations": FindingLead("services pending", "Ask who runs it; a lets it in, x turns it away.", _JOIN),
    "past_due": FindingLead("invoices past_due", "c collects it, m reminds of it.", _MONEY),
    "failed_payments": FindingLead("payments uncollected", "Read why it failed; r tries again.", _MONEY),
    "mismatched_payments": FindingLead("payments mismatched", "Look at the provider's page, then a decides.", _MONEY),
    "failed_refunds": FindingLead("refunds", "Enter says why; w pays it back another way.", _MONEY),
    "receivables": FindingLead("receivables", "Ask for the money, or r settles it.", _MONEY),
    "disputes": FindingLead("disputes opened", "Send evidence to the provider before its day.", _MONEY),
    "bank_lines": FindingLead("lines", "Enter says why; decide at the console's Bank lines.", _BANK),
    "exports": FindingLead("jobs", "The console's Exports say why; mend that, and the job tries it again.", _BOOKS),
    "declarations": FindingLead("subscriptions", "The law sets the pace; decide at the console's Declarations.", _WHO),
    "subscriptions_past_due": FindingLead("subscriptions past_due", "i shows what is unpaid, where c collects.", _WHO),
    "suspended": FindingLead("subscriptions suspended", "Enter says why; r resumes it.", _WHO),
    "approvals": FindingLead(
        "changes pending_approval", "Enter shows what it would do; a approves, x rejects.", _PLANS
    ),
    "mails": FindingLead("mails", "i shows the document, where s sends it again.", _DOWN),
    "jobs": FindingLead("jobs wrong", "Enter says why; r runs it.", _JOBS),
}
