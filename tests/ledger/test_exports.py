"""Whatever happened to money: what an export books on each kind of account is what the ledger says."""

import csv
import io
from collections import Counter

import pytest

from scaicontrol.services import accounting, ledger
from scaicontrol.services.ledger.models import Account
from tests.credits.test_histories import SEEDS
from tests.factories import NORTHWIND, ada
from tests.factories.accounting import MAPPING, an_integration

from .test_carried_over import lives

# What an export keeps on the accounts of a mapping, and the ledger on its own.
OF_EXPORTS = {
    "1300": "tenants", "13002": "tenants", "1750": "tenants", "1100": "money", "8000": "revenue", "8010": "revenue",
    "1500": "vat", "1599": "vat", "1370": "disputes", "4970": "fees", "2400": "losses",
}  # fmt: skip
OF_LEDGER = {
    Account.receivables: "tenants", Account.other_receivables: "tenants", Account.credit_balances: "tenants",
    Account.refunds: "tenants", Account.transfers: "tenants", Account.bank: "money", Account.revenue: "revenue",
    Account.vat_payable: "vat", Account.disputes: "disputes", Account.fees: "fees", Account.write_offs: "losses",
}  # fmt: skip


async def exported(backend):
    """Export everything that moved, and sum it by what its accounts stand for."""
    mapping = MAPPING.model_copy(update={"credit_account": "1750", "payment_accounts": {"default": "1100"}})
    await an_integration(backend, mapping=mapping)
    today = backend.clock.now().date()
    file = await accounting.export(backend, ada, "csv_journal", NORTHWIND, today.replace(year=2025), today)
    sums: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(file.artefact.body.decode().removeprefix("\ufeff"))):
        cents = round(float(row["amount"]) * 100)
        sums[OF_EXPORTS[row["account"]]] += cents
        sums[OF_EXPORTS[row["counter_account"]]] -= cents
    return {name: cents for name, cents in sums.items() if cents}


async def posted(backend):
    sums: Counter[str] = Counter()
    for each in await backend.ask(ada, ledger.balances):
        sums[OF_LEDGER.get(each.account, "money")] += each.balance_cents
    return {name: cents for name, cents in sums.items() if cents}


@pytest.mark.by_turns
@pytest.mark.parametrize("first", [0, 4])
async def test_the_sums_of_an_export_are_the_ledgers(backend, clock, provider, first):
    await lives(backend, clock, provider, SEEDS[first : first + 2])
    found = await posted(backend)
    assert set(found) >= {"tenants", "money", "revenue", "vat", "fees", "losses"}
    assert await exported(backend) == found
