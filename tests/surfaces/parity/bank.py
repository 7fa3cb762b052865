"""Deeds about what sellers' banks say."""

from json import dumps
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import delete, update

from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.models import BankCsvMapping
from scaicontrol.services.bank_statements.schemas import BankIgnoreIn
from scaicontrol.services.partners.models import PartnerConfiguration
from tests.factories import ACME, SOUTHBAY, ada, petra
from tests.factories.bank_statements import IBAN, Statement, bank_lines, camt053, paying, waiting_line, went_back
from tests.factories.credits import transferred
from tests.factories.invoices import a_line, sent

from .deed import WHY, Deed
from .doors import Cli, Console, Rest

LINES = "/admin/bank-lines/{line_id}"


class _Beside(str):
    """The id of a line, and the rows that a deed names beside it."""

    __slots__ = ("beside",)
    beside: tuple[str, ...]


async def _one_seller_has_the_account(uow: UnitOfWork) -> None:
    theirs = update(PartnerConfiguration).where(PartnerConfiguration.partner_id == SOUTHBAY)
    await uow.session.execute(theirs.values(iban="DE02120300000000202051"))


async def _a_file(backend: Backend) -> str:
    await backend.perform(ada, _one_seller_has_the_account)
    count = len(await bank_lines(backend))
    path = Path(mkdtemp()) / "statement.xml"
    path.write_bytes(camt053(Statement([paying(5, "?", ref=f"A{count}")], f"waiting{count}")))
    return str(path)


async def _a_table(_: Backend) -> str:
    path = Path(mkdtemp()) / "statement.csv"
    path.write_text("date;amount")
    return str(path)


async def _a_line(backend: Backend) -> str:
    return (await waiting_line(backend)).id


def _beside(line_id: str, *others: str) -> str:
    line = _Beside(line_id)
    line.beside = others
    return line


async def _a_line_and_invoices(backend: Backend) -> str:
    line = await waiting_line(backend, 2000)
    return _beside(line.id, *[(await sent(backend, a_line(1000))).id for _ in range(2)])


async def _a_line_and_an_invoice(backend: Backend) -> str:
    return _beside(await _a_line(backend), (await sent(backend, a_line(1000))).id)


async def _a_line_of_somebody_known(backend: Backend) -> str:
    if not await bank_lines(backend):
        await transferred(backend, await sent(backend, a_line(100)))
    return await _a_line(backend)


async def _ignored(backend: Backend) -> str:
    line_id = await _a_line(backend)
    await backend.perform(petra, bank_statements.ignore, line_id, BankIgnoreIn(reason="Ours."))
    return line_id


async def _went_back(backend: Backend) -> str:
    return (await went_back(backend, str((await sent(backend, a_line(1000))).number))).id


async def _to_match(backend: Backend) -> str:
    owed = await sent(backend, a_line(1000))
    line = await waiting_line(backend, 1000, str(owed.number))
    await transferred(backend, owed, 210)
    return line.statement_id


async def _nowhere(_: Backend) -> str:
    return _beside("bln_nowhere", "inv_nowhere", "inv_elsewhere")


_PARTS = [{"invoice_id": "{beside1}", "amount_cents": 1210}, {"invoice_id": "{beside2}", "amount_cents": 790}]
_CSV = {"currency": "EUR", "columns": {"booked_on": "Date", "amount": "Amount"}}


async def _no_mapping(backend: Backend) -> str:
    await backend.perform(ada, _one_seller_has_the_account)
    await backend.perform(ada, _forget_mappings)
    return IBAN


async def _forget_mappings(uow: UnitOfWork) -> None:
    await uow.session.execute(delete(BankCsvMapping))


async def _an_account_of_nobody(_: Backend) -> str:
    return "NL20INGB0001234567"


def _csv_file() -> str:
    path = Path(mkdtemp()) / "mapping.json"
    path.write_text(dumps(_CSV))
    return str(path)


BANK = (
    Deed(
        "bank_statements.keep_csv_mapping", "bank_statements:import", _no_mapping, {"nobody's": _an_account_of_nobody},
        (
            Rest("PUT /admin/bank-csv-mappings/{iban}", _CSV),
            Cli("admin bank-statements keep-csv-mapping", ("{id}", _csv_file())),
            Console("bank-csv-mapping", "add", {"iban": "{id}", "mapping": dumps(_CSV)}),
        ),
    ),
    Deed(
        "bank_statements.import_statements", "bank_statements:import", _a_file, {"no XML": _a_table},
        (
            Rest("POST /admin/bank-statements", is_upload=True),
            Cli("admin bank-statements import", ("{path}",)),
        ),
    ),
    Deed(
        "bank_statements.match", "bank_statements:book", _to_match, {},
        (
            Rest("POST /admin/bank-statements/{statement_id}/match"), Cli("admin bank-statements match"),
            Console("bank-statement", "match"),
        ),
    ),
    Deed(
        "bank_statements.book", "bank_statements:book", _a_line_and_an_invoice, {"no such line": _nowhere},
        (
            Rest(f"POST {LINES}/book", {"invoice_id": "{beside1}"}),
            Cli("admin bank-statements book", ("{id}", "{beside1}")),
            Console("bank-line", "book", {"invoice": "{beside1}"}),
        ),
    ),
    Deed(
        "bank_statements.split", "bank_statements:book", _a_line_and_invoices, {"no such line": _nowhere},
        (
            Rest(f"POST {LINES}/split", {"parts": _PARTS}),
            Cli("admin bank-statements split", ("{id}", "{beside1}=1210", "{beside2}=790")),
            Console("bank-line", "split", {"parts": "{beside1}, 12.10\n{beside2}, 7.90"}),
        ),
    ),
    Deed(
        "bank_statements.credit", "bank_statements:book", _a_line_of_somebody_known, {"money that went": _went_back},
        (
            Rest(f"POST {LINES}/credit", {"tenant_id": ACME}),
            Cli("admin bank-statements credit", ("{id}", ACME)),
            Console("bank-line", "credit", {"tenant": ACME}),
        ),
    ),
    Deed(
        "bank_statements.ignore", "bank_statements:book", _a_line, {"ignored": _ignored},
        (
            Rest(f"POST {LINES}/ignore", WHY),
            Cli("admin bank-statements ignore", ("{id}", "--reason", WHY["reason"])),
            Console("bank-line", "ignore", WHY),
        ),
    ),
    Deed(
        "bank_statements.reverse", "bank_statements:book", _went_back, {"money that came": _a_line},
        (Rest(f"POST {LINES}/reverse"), Cli("admin bank-statements reverse"), Console("bank-line", "reverse")),
    ),
)  # fmt: skip
