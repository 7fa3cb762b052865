"""What sellers' banks say, and what a person makes of it."""

from scaicontrol.services.bank_statements.models import BankLine
from scaicontrol.services.bank_statements.schemas import (
    BankBookIn,
    BankCreditIn,
    BankIgnoreIn,
    BankReverseIn,
    BankSplitIn,
    CsvMappingIn,
)
from scaicontrol.services.invoices.models import Invoice
from tests.factories import ACME, petra
from tests.factories.bank_statements import (
    CSV_MAPPING,
    IBAN,
    Statement,
    bank_lines,
    camt053,
    paying,
    waiting_line,
    went_back,
)
from tests.factories.credits import transferred
from tests.factories.invoices import a_line, sent

from .case import Case, Stage, case


async def _owed(stage: Stage) -> Invoice:
    return await sent(stage.backend, a_line(1000))


async def _due_by_now(stage: Stage) -> BankLine:
    """It brought less than the invoice asked for, until something else came."""
    owed = await _owed(stage)
    line = await waiting_line(stage.backend, 1000, str(owed.number))
    await transferred(stage.backend, owed, 210)
    return line


@case("bank_statements.import_statements")
async def _(stage: Stage) -> Case:
    owed = await _owed(stage)
    return Case({"body": camt053(Statement([paying(1210, str(owed.number)), paying(5, "?")]))}, petra)


@case("bank_statements.keep_csv_mapping")
async def _(stage: Stage) -> Case:
    return Case({"iban": IBAN, "body": CsvMappingIn.model_validate(CSV_MAPPING)}, petra)


@case("bank_statements.match")
async def _(stage: Stage) -> Case:
    return Case({"statement_id": (await _due_by_now(stage)).statement_id}, petra)


@case("bank_statements.book_matched")
async def _(stage: Stage) -> Case:
    return Case({"line_id": (await _due_by_now(stage)).id}, petra)


@case("bank_statements.book")
async def _(stage: Stage) -> Case:
    line = await waiting_line(stage.backend, 1500)
    return Case({"line_id": line.id, "body": BankBookIn(invoice_id=(await _owed(stage)).id)}, petra)


@case("bank_statements.split")
async def _(stage: Stage) -> Case:
    line, one, two = await waiting_line(stage.backend, 2000), await _owed(stage), await _owed(stage)
    parts = [{"invoice_id": one.id, "amount_cents": 1210}, {"invoice_id": two.id, "amount_cents": 790}]
    return Case({"line_id": line.id, "body": BankSplitIn.model_validate({"parts": parts})}, petra)


@case("bank_statements.credit")
async def _(stage: Stage) -> Case:
    await transferred(stage.backend, await _owed(stage))
    return Case({"line_id": (await waiting_line(stage.backend)).id, "body": BankCreditIn(tenant_id=ACME)}, petra)


@case("bank_statements.ignore")
async def _(stage: Stage) -> Case:
    line = await waiting_line(stage.backend)
    return Case({"line_id": line.id, "body": BankIgnoreIn(reason="Our own money.")}, petra)


@case("bank_statements.reverse")
async def _(stage: Stage) -> Case:
    line = await went_back(stage.backend, str((await _owed(stage)).number))
    assert len(await bank_lines(stage.backend)) == 2
    return Case({"line_id": line.id, "body": BankReverseIn()}, petra)
