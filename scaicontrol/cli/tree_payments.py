"""The part of the tree about payments and whom they go through."""

from collections.abc import Mapping
from typing import Final

from .tree_nodes import CommandGroup, of

PAYMENTS: Final[Mapping[str, CommandGroup]] = {
    "payments": CommandGroup(
        "Payments, and what their providers say of them.",
        of(
            "payments",
            {
                "list": "List payments, newest first, 200 a page.",
                "show": "Show a payment.",
                "resolve": "Decide what counts where a provider and the books disagree about a payment.",
            },
        ),
    ),
    "provider-accounts": CommandGroup(
        "Accounts that sellers have at payment providers.",
        of(
            "provider_accounts",
            {
                "list": "List provider accounts, oldest first, closed ones too.",
                "show": "Show a provider account, with where its webhooks are sent to.",
                "create": "Add a provider account.",
                "update": "Change a provider account: name, credentials, and what it serves.",
                "prefer": "Make a provider account the default for everything it serves.",
                "close": "Let a provider account take nothing new; what it took is still given back there.",
                "check": "Ask the provider whether it accepts the credentials; nothing is moved.",
            },
        ),
    ),
    "wallets": CommandGroup(
        "Wallets: what tenants have beforehand, paid in or given.",
        of(
            "wallets",
            {
                "list": "List lots with something left, the newest first.",
                "show": "Show a lot with everything that became of it.",
                "balance": "Sum what a tenant has left, one row a currency.",
                "top-up": "Record money that a tenant paid in beforehand.",
                "grant": "Give a tenant money for invoices to come; it expires.",
                "refund": "Record the transfer that paid back what was paid in.",
                "expire": "End what was given before its day.",
            },
        ),
    ),
    "payment-files": CommandGroup(
        "What sellers' banks are told to pay back (SEPA, pain.001).",
        of(
            "payment_files",
            {
                "list": "List payment files, newest first.",
                "show": "Show a payment file.",
                "orders": "List payment orders, newest first.",
                "propose": "Propose a credit to be paid back by the next file of its seller.",
                "write": "Write all that is proposed of a seller into a file for its bank; nothing moves until the bank has it.",
                "download": "Write a payment file to this machine, held against its hash.",
                "mark-sent": "Say that the bank has a file; from then on none of its orders is withdrawn.",
                "settle": "Say that the money of an order left; a bank statement that names it does this by itself.",
                "reject": "Say that the bank did not carry an order out; its credit is free again.",
                "withdraw": "Withdraw an order that the bank does not have; its credit is free again.",
            },
        ),
    ),
    "disputes": CommandGroup(
        "Payments that payers' banks ask back.",
        of(
            "disputes",
            {
                "list": "List disputes, newest first, 200 a page.",
                "show": "Show a dispute.",
                "open": "Record that a payer's bank asks money back, or with --outcome lost has taken it back.",
                "close": "Record how a dispute ended that was recorded by hand; a provider tells the outcome of its own.",
            },
        ),
    ),
}
