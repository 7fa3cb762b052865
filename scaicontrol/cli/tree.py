"""What there is to type, known without importing any: a test holds each command and its module together."""

from typing import Final

from .tree_nodes import Command, CommandGroup, of
from .tree_payments import PAYMENTS

ROOT: Final = CommandGroup(
    "The control plane that knows what is sold, used, owed and paid.",
    {
        "demo": Command(
            "demo",
            "Migrate, load and live the demo world, print what it came to, and serve it. Running it again continues.",
        ),
        "openapi": Command("openapi", "Print the OpenAPI description as sorted JSON."),
        "serve": Command("processes", "Serve REST, MCP, console and portal."),
        "worker": Command("processes", "Work on what the queue brings, until told to stop."),
        "scheduler": Command("processes", "Enqueue due jobs; a second scheduler waits until the first is gone."),
        "tui": Command("tui", "Look at what is wrong now, and act on it: the dashboard for whoever is on call."),
        "sync": Command("sync", "Bring partners, tenants, people and groups from ScaiKey."),
        "db": CommandGroup(
            "The schema of the database.",
            {
                "upgrade": Command("db", "Bring the schema to the version this code needs; safe to repeat."),
                "current": Command("db", "Say at which version the schema is."),
                "check": Command(
                    "db",
                    "Say what keeps this database from being used: another schema than the code's, or unsafe server settings.",
                ),
            },
        ),
        "setup": CommandGroup(
            "Register this installation with ScaiKey.",
            {
                "register": Command("setup", "Ask ScaiKey to know this installation; an operator there approves it."),
                "status": Command("setup", "Ask how it stands; once approved, write the credentials into .env."),
                "show": Command("setup", "Print the ScaiKey configuration, secrets masked."),
            },
        ),
        "admin": CommandGroup(
            "Operate partners, tenants, subscriptions, documents and jobs.",
            {
                "accounting": CommandGroup(
                    "Exports to the books, and archives.",
                    of(
                        "accounting",
                        {
                            "list": "List integrations.",
                            "show": "Show an integration with its settings and mapping.",
                            "test": "Try settings and mapping on the last 20 documents; exports nothing.",
                            "sync": "Queue a range, or what failed; a worker exports it within 15 minutes. --force exports again.",
                            "export": "Write everything a partner issued in a stretch of days into one file; the same range gives the same bytes.",
                        },
                    ),
                ),
                "bank-statements": CommandGroup(
                    "What sellers' banks say came and went, and what it pays.",
                    of(
                        "bank_statements",
                        {
                            "import": "Import a camt.053, MT940 or CSV file; the same file, or the same statement, again is harmless.",
                            "csv-mappings": "List how the CSV files of accounts are read.",
                            "keep-csv-mapping": "Say how CSV files of an account are read, in place of what was said before.",
                            "preview-csv": "Show how the first rows of a CSV file are read, or why it is refused; imports nothing.",
                            "list": "List bank statements, newest first, 200 a page.",
                            "show": "Show a bank statement; its lines are `lines --statement`.",
                            "match": "Look again at what of a statement waits, and go on where an import was cut off.",
                            "lines": "List bank lines, newest first, 200 a page; `--status waiting` waits for somebody.",
                            "line": "Show a bank line with what it booked.",
                            "candidates": "Find the invoices a line may pay, those for which most speaks first.",
                            "book": "Book a line on an invoice; what is more than it asks for becomes a credit.",
                            "split": "Book a line on several invoices, whose parts make up all of it.",
                            "credit": "Keep a line as credit of a tenant.",
                            "ignore": "Say that a line needs no booking; it can still be booked later.",
                            "reverse": "Take back what an earlier line had booked, since its money went back.",
                        },
                    ),
                ),
                "billing": CommandGroup(
                    "Billing runs: plan, compare, apply.",
                    of(
                        "billing",
                        {
                            "plan": "Compute what is due; writes no document.",
                            "list": "List runs, newest first.",
                            "compare": "Hold a run against the last applied one.",
                            "apply": "Write exactly what was planned; `plan-hash` is what the plan printed.",
                            "quarantine": "List what was set aside and is not resolved.",
                            "resolve": "Resolve a quarantined charge: retry, waive or manual.",
                        },
                    ),
                ),
                "credits": CommandGroup(
                    "Credit balances: what is owed back, and its way back.",
                    of(
                        "credits",
                        {
                            "list": "List credits with something left, the newest first.",
                            "show": "Show a credit with everything that became of it.",
                            "balance": "Sum what a tenant has left, one row a currency.",
                            "keep": "Keep a credit from being applied to the next invoice by itself, or let it go again.",
                            "pay-back": "Pay a credit back by card, or record the transfer that paid it back.",
                        },
                    ),
                ),
                "invariants": Command(
                    "invariants",
                    "Check what must hold of documents, payments and credits; ends with 1 where a rule is broken.",
                ),
                "jobs": CommandGroup(
                    "Jobs: what each last did, and running one now.",
                    of(
                        "jobs",
                        {
                            "list": "List what each job last did, and when it is due again.",
                            "run": "Ask a worker to run a job beside the timetable, which is safe at any time and twice.",
                        },
                    ),
                ),
                "ledger": CommandGroup(
                    "The ledger: balances and entries of every movement.",
                    of(
                        "ledger",
                        {
                            "balances": "Sum each account of a seller in a currency; all accounts of both sum to nothing.",
                            "entries": "List entries with their sides, the newest first, 200 a page.",
                        },
                    ),
                ),
                "receivables": CommandGroup(
                    "What tenants owe beside their documents: money that went twice.",
                    of(
                        "receivables",
                        {
                            "list": "List what tenants owe beside their documents, the newest first.",
                            "settle": "Settle it with credit of the tenant or as a loss; money is recorded by `admin invoices mark-paid`.",
                        },
                    ),
                ),
                "einvoice-rules": CommandGroup(
                    "Official rule sets that e-invoices must pass.",
                    of(
                        "einvoice_rules",
                        {
                            "list": "List the rule sets that documents are held against: those that ship, then those that were installed.",
                            "install": "Install a rule set: prove that it compiles, keep it, and hold documents against it from its day on.",
                            "retire": "Stop holding documents against an installed set; its predecessor is asked again.",
                            "rehearse": "Hold the last days' documents against rules that do not hold yet, and say which would be refused.",
                        },
                    ),
                ),
                "exchange-rates": CommandGroup(
                    "Reference rates of the European Central Bank (VAT Directive 91).",
                    of(
                        "exchange_rates",
                        {
                            "list": "List what one euro was worth, the newest day first.",
                            "add": "Note what one euro was worth on a day.",
                            "import": "Add the rates of a file that the European Central Bank publishes; days that are known stay as they are.",
                        },
                    ),
                ),
                **PAYMENTS,
                "invoices": CommandGroup(
                    "Invoices and credit notes.",
                    of(
                        "invoices",
                        {
                            "list": "List documents, the newest first.",
                            "show": "Show everything about a document.",
                            "explain": "Work a document's amounts out again and say how each came about.",
                            "check": "Say everything that keeps a draft from being finalized.",
                            "finalize": "Give a draft its number and freeze it.",
                            "regenerate-pdf": "Make the files of a document anew, as one more version.",
                            "remind": "Make the reminder of an overdue invoice and have it mailed; the same level is made and mailed once.",
                            "apply-credit": "Let credit of the tenant's balance settle an open invoice.",
                            "reminders": "List the reminders of an invoice that were made.",
                            "verify": "Re-compute seals, numbers, witnesses and files of every series; ends with 1 when one is not as it was sealed.",
                        },
                    ),
                ),
                "partners": CommandGroup(
                    "Partners, their seller data and terms.",
                    of(
                        "partners",
                        {
                            "list": "List partners, 200 a page.",
                            "show": "Show a partner with its seller data, its terms and what documents still lack.",
                            "configure": "Change seller data and terms.",
                        },
                    ),
                ),
                "packs": CommandGroup(
                    "Packs, and who subscribed to them.",
                    of(
                        "packs",
                        {
                            "list": "List packs with their prices and items.",
                            "show": "Show a pack with its items, its price and how many live subscriptions it has.",
                            "remove": "Remove a pack; one that anybody ever subscribed to is taken off sale instead.",
                            "subscribers": "List subscriptions to packs with the services in each, newest first.",
                            "subscribe": "Subscribe a tenant to a pack and set its services up.",
                            "cancel": "Cancel a pack and everything in it at the end of its period, or at once.",
                            "suspend": "Take the right to use everything in a pack away until it is resumed.",
                            "resume": "Undo a scheduled cancellation of a pack, or end its suspension.",
                        },
                    ),
                ),
                "coupons": CommandGroup(
                    "Coupons: what sellers take off the base price of subscriptions.",
                    of(
                        "coupons",
                        {
                            "list": "List coupons with what became of them, the newest first, 100 a page.",
                            "show": "Show a coupon with what became of it.",
                            "create": "Make a coupon; what it takes off never changes.",
                            "end": "Let nobody redeem a coupon any more; whoever has it keeps it.",
                            "redemptions": "List who redeemed a coupon, 100 a page.",
                            "redeem": "Redeem a coupon for a subscription, from its next period on.",
                            "withdraw": "Take a coupon back from a subscription; the period that runs stays as it is charged.",
                        },
                    ),
                ),
                "plan-moves": CommandGroup(
                    "Moves of subscribers to a newer version of their plan.",
                    of(
                        "plan_moves",
                        {
                            "list": "List moves, newest first.",
                            "preview": "Say who would be moved, what each pays before and after, and from when.",
                            "announce": "Announce the version that is sold now to who has an earlier one.",
                            "cancel": "Call a move off for whoever has not taken the version yet.",
                        },
                    ),
                ),
                "plans": CommandGroup(
                    "Plans and their prices.",
                    of(
                        "plans",
                        {
                            "list": "List plans with their prices.",
                            "show": "Show a plan with its quotas and usage prices.",
                            "versions": "List the versions of a plan's terms, newest first.",
                            "deactivate": "Take a plan off sale; who has it keeps it.",
                        },
                    ),
                ),
                "plans-approve": CommandGroup(
                    "List, show, approve, reject, apply change plans.",
                    of(
                        "plans_approve",
                        {
                            "list": "List change plans, newest first.",
                            "show": "Show everything a plan would leave.",
                            "approve": "Let whoever planned it apply it.",
                            "reject": "End a plan.",
                            "apply": "Do exactly what your own plan showed, once.",
                        },
                    ),
                ),
                "roles": CommandGroup(
                    "Who may do what; the first super_admin is made here.",
                    of(
                        "roles",
                        {
                            "list": "List the roles one may grant, with their scopes.",
                            "grant": "Give a person a role.",
                            "revoke": "Take a role away from a person.",
                        },
                    ),
                ),
                "services": CommandGroup(
                    "Subscribable services.",
                    of(
                        "services",
                        {
                            "list": "List services with their status and health.",
                            "approve": "Let a waiting service in and show its metering key, this once.",
                            "reject": "Turn a waiting service away.",
                            "metric-changes": "List what services want priced metrics to mean, newest first.",
                            "approve-metrics": "Let priced metrics be what their service asked for, from now on.",
                            "reject-metrics": "Keep priced metrics as they are.",
                            "probe": "Look at a service's health address now.",
                        },
                    ),
                ),
                "subscriptions": CommandGroup(
                    "List, show, change, cancel, suspend, resume.",
                    of(
                        "subscriptions",
                        {
                            "list": "List subscriptions, newest first.",
                            "show": "Show a subscription with its plan and timeline.",
                            "change-plan": "Change plan or quantity; a plan of another interval begins a period of its own.",
                            "undo-change": "Undo a change that waits for the end of the period.",
                            "cancel": "Cancel a subscription at the end of its period, or at once.",
                            "suspend": "Take the right to use the service away until it is resumed.",
                            "resume": "Undo a scheduled cancellation, or end a suspension.",
                        },
                    ),
                ),
                "templates": CommandGroup(
                    "Templates of documents and mails.",
                    of(
                        "templates",
                        {
                            "list": "List templates, the platform's first.",
                            "validate": "Check templates as they were saved last; the exit code is 1 when one of them must not go live.",
                            "export": "Write templates, as they were saved last, to a file that `import` reads.",
                            "import": "Store the templates of a file as drafts, all or none; Jinja hidden in comments is translated.",
                        },
                    ),
                ),
                "tenants": CommandGroup(
                    "Tenants and their billing profiles.",
                    of(
                        "tenants",
                        {
                            "list": "List tenants, 200 a page.",
                            "show": "Show a tenant with its billing profile.",
                            "statement": "Show what a tenant was billed and paid between two days, or write it as a PDF.",
                        },
                    ),
                ),
                "uploads": CommandGroup(
                    "Pictures: icons, and images for templates.",
                    of(
                        "uploads",
                        {
                            "icon": "Store an icon and print its address.",
                            "template-image": "Store an image for templates and letterheads and print its address; act --as somebody to store it as theirs.",
                        },
                    ),
                ),
                "users": CommandGroup(
                    "People; `scaicontrol sync` brings them from ScaiKey.",
                    of(
                        "users",
                        {
                            "list": "List people with the roles they were given, 200 a page.",
                        },
                    ),
                ),
                "vat-rates": CommandGroup(
                    "Standard VAT rates of the 27 states, and VAT numbers.",
                    of(
                        "vat_rates",
                        {
                            "list": "List the standard rates with the days they hold, their source, and when a person compared them with it.",
                            "add": "Let a standard rate begin on a day; the one before it ends the day before.",
                            "check": "Check the form of a VAT number and ask VIES about it; nothing is stored, so it is no evidence for a document.",
                        },
                    ),
                ),
                "webhooks": CommandGroup(
                    "Subscribers and deliveries.",
                    of(
                        "webhooks",
                        {
                            "list": "List subscribers with their deliveries by state.",
                            "dead": "List what could not be delivered to a subscriber.",
                            "retry": "Put a dead delivery back in line.",
                            "replay": "Deliver a range again.",
                            "purge": "Remove dead deliveries born before a moment, at most a thousand at a time. This cannot be undone.",
                            "rotate": "Give a subscriber a new secret; both sign for 24 hours.",
                        },
                    ),
                ),
            },
        ),
    },
)
