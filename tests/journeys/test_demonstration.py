"""The demonstration world lived to its end by its own command: everything it promises is in it, and its books close."""

import asyncio
import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from scaicontrol.assembly import effective, running_backend
from scaicontrol.core.settings import Settings
from scaicontrol.demo.loading import OPERATOR
from scaicontrol.demo.world import SELLERS
from scaicontrol.services import accounting, attention
from scaicontrol.services.accounting.journal_input import Kind
from scaicontrol.services.accounting.queries import in_range
from scaicontrol.services.accounting.service.reading import read_inputs
from scaicontrol.services.bank_statements.models import BankLine
from scaicontrol.services.coupons.models import Coupon, CouponRedemption
from scaicontrol.services.credits.models import Credit, CreditUse, CreditUseKind
from scaicontrol.services.identity.models import PortalView
from scaicontrol.services.invoices.models import Invoice, Settlement
from scaicontrol.services.payments.models import Dispute
from scaicontrol.services.plan_moves.models import PlanMove
from scaicontrol.services.registry.models import MetricChange
from scaicontrol.services.subscriptions.models import Subscription, SubscriptionChange
from scaicontrol.services.wallets.models import WalletLot, WalletUse
from tests.databases import sqlite_url
from tests.factories.accounting import MAPPING
from tests.factories.credits import broken
from tests.servers import free_port

DEMO = (
    "import sys; sys.argv[1:] = ['demo', '--no-serve', '--port', sys.argv[1]]; from scaicontrol.cli import main; main()"
)

WAITS = {
    "approvals", "bank_lines", "dead_deliveries", "declarations", "disputes", "failed_payments", "past_due",
    "quarantine", "receivables", "registrations",
}  # fmt: skip


@pytest.fixture
def dialect() -> str:
    """A development machine keeps its world in a file."""
    return "sqlite"


@pytest.mark.long
async def test_the_world_has_what_it_promises_and_its_books_close(tmp_path, monkeypatch):
    monkeypatch.setenv("SCAICONTROL_ENV", "development")
    monkeypatch.setenv("DATABASE_URL", sqlite_url(tmp_path / "world.db"))
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "storage"))
    done = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        DEMO,
        str(free_port()),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await done.communicate())[0].decode()
    assert done.returncode == 0, said
    assert "every number series is intact" in said
    async with running_backend(effective(Settings())) as backend:
        shown = await backend.ask(OPERATOR, _shown)
        assert shown == {
            "disputes": {"lost", "opened"},
            "credits": {"credit_note", "overpayment"},
            "given back": True,
            "wallets": {"transfer", "promotion"},
            "taken of wallets": {"applied"},
            "bank lines": {"booked", "ignored", "waiting"},
            "plan moves": 2,
            "versions": {1, 2},
            "announced": {None, 2},
            "another interval": True,
            "looked at": {"tnt_acme"},
            "has nothing to do": set(),
            "metric changes": {"pending"},
            "coupons": {0, 1},
        }
        assert await backend.ask(OPERATOR, broken) == []
        for partner_id in SELLERS:
            assert await _booked(backend, partner_id) == await backend.ask(OPERATOR, _owed, partner_id)


async def _shown(uow):
    async def values(column):
        return {str(each) for each in await uow.session.scalars(select(column).distinct())}

    given_back = select(func.count()).select_from(CreditUse).where(CreditUse.kind == CreditUseKind.refunded)
    changed = select(func.count()).where(
        SubscriptionChange.old_period_days >= 365, SubscriptionChange.new_period_days <= 31
    )
    return {
        "disputes": await values(Dispute.status),
        "credits": await values(Credit.source),
        "given back": bool(await uow.session.scalar(given_back)),
        "wallets": await values(WalletLot.source),
        "taken of wallets": await values(WalletUse.kind),
        "bank lines": await values(BankLine.status),
        "plan moves": await uow.session.scalar(select(func.count()).select_from(PlanMove)),
        "versions": set(await uow.session.scalars(select(Subscription.plan_version))),
        "announced": set(await uow.session.scalars(select(Subscription.next_plan_version))),
        "another interval": bool(await uow.session.scalar(changed)),
        "has nothing to do": WAITS - {finding.key for finding in await attention.findings(uow)},
        "metric changes": await values(MetricChange.status),
        "coupons": {
            sum(row.coupon_id == coupon_id and row.taken for row in await uow.session.scalars(select(CouponRedemption)))
            for coupon_id in await uow.session.scalars(select(Coupon.id))
        },
        "looked at": set(await uow.session.scalars(select(PortalView.tenant_id).where(PortalView.ends_at < uow.now))),
    }


async def _booked(backend, partner_id):
    """What the journal leaves with the debtors and with the credit account together, by currency."""
    asked = (frozenset(Kind), date(2020, 1, 1), date(2100, 1, 1), "UTC")
    wanted = await backend.ask(OPERATOR, in_range, partner_id, *asked)
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    read = await read_inputs(backend, partner_id, wanted, with_files=False)
    assert read.unreadable == {}
    for document in read.inputs:
        assert accounting.journal.problems(document, MAPPING) == []
        for row in accounting.journal.bookings(document, MAPPING):
            held[row.currency] += row.amount * ((row.debit == "1300") - (row.credit == "1300"))
    return {currency: amount for currency, amount in held.items() if amount}


async def _owed(uow, partner_id):
    """What is open on documents, less what came beyond them."""
    held: defaultdict[str, Decimal] = defaultdict(Decimal)
    documents = select(Invoice).where(Invoice.partner_id == partner_id, Invoice.finalized_at.is_not(None))
    for each in await uow.session.scalars(documents):
        held[each.currency] += Decimal(each.amount_due_cents) / 100
    rows = select(Settlement.unapplied_cents, Invoice.currency).join(Invoice, Invoice.id == Settlement.invoice_id)
    for cents, currency in await uow.session.execute(rows.where(Settlement.partner_id == partner_id)):
        held[currency] -= Decimal(cents) / 100
    return {currency: amount for currency, amount in held.items() if amount}
