"""A row that was locked is changed by whoever writes under its lock: so the lock holds on every node of a cluster."""

import pytest
from sqlalchemy import event, select, update

from scaicontrol.db.tenant_filter import ScopeViolation
from scaicontrol.services.invoices.models import Invoice
from scaicontrol.services.tenants.models import BillingProfile
from tests.factories import ada, petra
from tests.factories.invoices import a_draft, a_line, finalized
from tests.factories.tenants import store_cast


@pytest.fixture
async def invoice(backend):
    await store_cast(backend)
    return await a_draft(backend, a_line(1000))


@pytest.fixture
def updates(backend):
    """The tables that were updated, one entry for each statement."""
    seen = []
    engine = backend.database.writer.sync_engine

    def note(_, __, statement, *___):
        if statement.startswith("UPDATE"):
            seen.append(statement.split()[1])

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def locked(invoice):
    return select(Invoice).where(Invoice.id == invoice.id).with_for_update()


async def moment(backend, invoice):
    when = select(Invoice.updated_at).where(Invoice.id == invoice.id)
    return await backend.ask(ada, lambda uow: uow.session.scalar(when))


async def test_what_is_written_under_a_lock_changes_the_locked_row_too(backend, invoice, updates):
    before = await moment(backend, invoice)

    async def guarded(uow):
        (await uow.session.scalars(locked(invoice))).one()
        uow.session.add(another(invoice))

    await backend.perform(petra, guarded)
    assert await moment(backend, invoice) > before, "The clock stands still, and still the row is another."
    assert updates == ["invoices"]


def another(invoice):
    return Invoice(id="inv_another", tenant_id=invoice.tenant_id, partner_id=invoice.partner_id, currency="EUR")


async def test_so_it_does_where_the_write_is_a_statement(backend, invoice, updates):
    before = await moment(backend, invoice)

    async def guarded(uow):
        (await uow.session.scalars(locked(invoice))).one()
        await uow.session.execute(update(BillingProfile).values(city="Delft"))

    await backend.perform(petra, guarded)
    assert await moment(backend, invoice) > before
    assert updates == ["tenant_billing_profiles", "invoices"]


async def test_a_lock_under_which_nothing_is_written_writes_nothing(backend, invoice, updates):
    await backend.perform(petra, lambda uow: uow.session.scalar(locked(invoice)))
    assert updates == []


async def test_a_row_that_changes_anyway_is_written_once(backend, invoice, updates):
    async def guarded(uow):
        found = await uow.session.scalar(locked(invoice))
        uow.session.add(another(invoice))
        found.notes = "Thank you."

    await backend.perform(petra, guarded)
    assert updates == ["invoices"]


async def test_a_sealed_document_may_be_locked_for_what_is_written_beside_it(backend, invoice):
    sealed = await finalized(backend)
    before = await moment(backend, sealed)

    async def guarded(uow):
        (await uow.session.scalars(locked(sealed))).one()
        uow.session.add(another(sealed))

    await backend.perform(petra, guarded)
    assert await moment(backend, sealed) > before


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_lock_on_less_than_a_row_is_refused(backend, invoice):
    with pytest.raises(ScopeViolation, match="select the entity"):
        await backend.perform(petra, lambda uow: uow.session.scalar(select(Invoice.id).with_for_update()))
