"""The sellers' banks of the demo: what came on a day as a camt.053 statement, which the bookkeeper imports."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from scaicontrol.core.backend import Backend
from scaicontrol.core.money import Money
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.schemas import BankBalanceOut, BankImportOut, BankStatementFilter

from .loading import OPERATOR

_MESSAGE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_OPENING_CENTS = 1_250_000  # what an account holds before the first statement, in each currency


@dataclass(frozen=True, slots=True)
class DemoTransfer:
    """Money on its way to a seller's account; less than nothing leaves it, for the bank itself."""

    payer: str
    text: str
    cents: int
    currency: str = "EUR"


async def send_statement(backend: Backend, iban: str, day: date, moved: Sequence[DemoTransfer]) -> BankImportOut:
    """Write what moved on an account on a day, continue its balances, and import it."""
    last = await backend.ask(
        OPERATOR, bank_statements.page, PageRequest(page_size=1, sort="-to_on"), BankStatementFilter(iban=iban)
    )
    before = {each.currency: each.closing_cents for found in last.items for each in found.balances}
    body = _camt053(iban, f"{day.year}-{last.total + 1:03}", day, _balances(before, moved), moved)
    return await bank_statements.import_statements(backend, OPERATOR, body.encode())


def _balances(before: dict[str, int], moved: Sequence[DemoTransfer]) -> list[BankBalanceOut]:
    sums: defaultdict[str, int] = defaultdict(int)
    for each in moved:
        sums[each.currency] += each.cents
    found = []
    for currency in sorted({*before, *sums}):
        opening = before.get(currency, _OPENING_CENTS)
        found.append(BankBalanceOut(currency=currency, opening_cents=opening, closing_cents=opening + sums[currency]))
    return found


def _camt053(
    iban: str, reference: str, day: date, balances: Sequence[BankBalanceOut], moved: Sequence[DemoTransfer]
) -> str:
    held = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents, each.currency)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        for each in balances
        for code, cents in (("OPBD", each.opening_cents), ("CLBD", each.closing_cents))
    )
    entries = "".join(_entry(each, day, number) for number, each in enumerate(moved, 1))
    moment = f"<CreDtTm>{day}T18:00:00</CreDtTm>"
    return (
        f"<Document xmlns='{_MESSAGE}'><BkToCstmrStmt><GrpHdr><MsgId>{reference}</MsgId>{moment}</GrpHdr>"
        f"<Stmt><Id>{reference}</Id>{moment}<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{held}{entries}</Stmt>"
        "</BkToCstmrStmt></Document>"
    )


def _entry(moved: DemoTransfer, day: date, number: int) -> str:
    family, sub = ("RCDT", "ESCT") if moved.cents > 0 else ("MDOP", "CHRG")
    return (
        f"<Ntry>{_amount(moved.cents, moved.currency)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>"
        f"<AcctSvcrRef>{day:%Y%m%d}{number:04}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{escape(moved.payer)}</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{escape(moved.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def _amount(cents: int, currency: str) -> str:
    side = "DBIT" if cents < 0 else "CRDT"
    amount = format(Money(abs(cents), currency).amount, "f")
    return f"<Amt Ccy='{currency}'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>"
