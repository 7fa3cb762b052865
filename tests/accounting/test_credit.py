"""What came beyond what was due stands on an account of its own until it is used, whatever becomes of it."""

from collections import Counter

import pytest

from scaicontrol.services import accounting, invoices, payments
from scaicontrol.services.payments.schemas import PayBackIn, PayBackWay
from tests.factories import petra
from tests.factories.accounting import MAPPING, an_integration
from tests.factories.changes import agreed
from tests.factories.credits import open_credits, transferred
from tests.factories.invoices import a_line, finalized

TRANSFER = PayBackIn(way=PayBackWay.transfer, reference="ABN 9")


async def accounts(backend, ports, **mapping):
    """Export everything, and give what each account comes to in minor units: debits less credits."""
    await an_integration(backend, mapping=MAPPING.model_copy(update=mapping))
    await accounting.sync_due(backend)
    sums: Counter[str] = Counter()
    for key in ports.objects.stored:
        if key.startswith("accounting/"):
            for row in ports.objects.stored[key].decode().splitlines()[1:]:
                cells = row.split(",")
                cents = round(float(cells[4]) * 100)
                sums[cells[2]] += cents
                sums[cells[3]] -= cents
    assert sum(sums.values()) == 0
    return {account: cents for account, cents in sums.items() if cents}


async def left_alone(backend):
    """12.10 were due, 13.10 came: a hundred cents are the customer's."""
    return {"1300": 0, "1750": -100, "1100": 1310}


async def applied(backend):
    await finalized(backend, a_line(500))  # 6.05, of which 1.00 is there
    return {"1300": 505, "1750": 0, "1100": 1310}


async def given_back(backend):
    (credit,) = await open_credits(backend)
    await payments.pay_back(backend, petra, credit.id, TRANSFER)
    return {"1300": 0, "1750": 0, "1100": 1210}


async def applied_and_void(backend):
    owed = await finalized(backend, a_line(500))
    await agreed(backend, petra, invoices.void, owed.id, "Wrong customer")
    return {"1300": 0, "1750": -100, "1100": 1310}  # the void document is in the books as it was issued, and undone


@pytest.mark.by_turns
@pytest.mark.parametrize("fate", [left_alone, applied, given_back, applied_and_void])
@pytest.mark.parametrize("credit_account", ["1750", None])
async def test_the_credit_account_holds_what_is_the_customers(backend, ports, fate, credit_account):
    await transferred(backend, await finalized(backend, a_line(1000)), 1310)
    expected = await fate(backend)
    if credit_account is None:  # then it stays with the debtor
        expected = {**expected, "1300": expected["1300"] + expected["1750"], "1750": 0}
    found = await accounts(backend, ports, credit_account=credit_account)
    assert {name: found.get(name, 0) for name in expected} == expected
