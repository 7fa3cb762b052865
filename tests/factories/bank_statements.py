"""Statements of Northwind's account as its bank writes them, in every version that is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.pagination import PageRequest
from scaicontrol.services import bank_statements
from scaicontrol.services.bank_statements.models import BankLine
from scaicontrol.services.bank_statements.schemas import BankImportOut, BankLineFilter

from . import petra

IBAN = "NL91ABNA0417164300"
ACME_IBAN = "NL20INGB0001234567"
DAY = "2026-01-15"


def euros(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02}"


def side(cents: int) -> str:
    return f"<CdtDbtInd>{'DBIT' if cents < 0 else 'CRDT'}</CdtDbtInd>"


@dataclass(frozen=True)
class Tx:
    """One transaction of an entry, in the way of the version it is written in."""

    cents: int
    text: str = ""
    reference: str = ""  # structured
    end_to_end: str = "NOTPROVIDED"
    name: str = "Acme B.V."
    returned: str = ""
    told: bool = True  # whether the bank says its amount

    def xml(self, version: int, currency: str) -> str:
        amount = f"<Amt Ccy='{currency}'>{euros(self.cents)}</Amt>"
        old = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"
        said = "" if not self.told else old if version == 2 else amount + side(self.cents)
        who = f"<Nm>{escape(self.name)}</Nm>"
        party = f"<Pty>{who}</Pty>" if version >= 8 else who
        structured = f"<Strd><CdtrRefInf><Ref>{self.reference}</Ref></CdtrRefInf></Strd>" if self.reference else ""
        free = f"<Ustrd>{escape(self.text)}</Ustrd>" if self.text else ""
        back = f"<RtrInf><Rsn><Cd>{self.returned}</Cd></Rsn></RtrInf>" if self.returned else ""
        return (
            f"<TxDtls><Refs><EndToEndId>{escape(self.end_to_end)}</EndToEndId></Refs>{said}"
            f"<RltdPties><Dbtr>{party}</Dbtr><DbtrAcct><Id><IBAN>{ACME_IBAN}</IBAN></Id></DbtrAcct></RltdPties>"
            f"<RmtInf>{free}{structured}</RmtInf>{back}</TxDtls>"
        )


@dataclass(frozen=True)
class Entry:
    cents: int
    txs: Sequence[Tx] = ()
    ref: str = ""
    currency: str = "EUR"
    status: str = "BOOK"
    reversal: str = ""  # as the bank says it: true or 1
    code: str = "RCDT-ESCT"
    charges: int = 0
    amount: str = ""  # written otherwise than the cents say
    day: str = DAY

    def xml(self, version: int) -> str:
        family, sub = self.code.split("-")
        fee = f"<Amt Ccy='{self.currency}'>{euros(self.charges)}</Amt><ChrgInclInd>true</ChrgInclInd>"
        charges = f"<Chrgs>{fee if version == 2 else f'<Rcrd>{fee}</Rcrd>'}</Chrgs>" if self.charges else ""
        status = self.status if version < 8 else f"<Cd>{self.status}</Cd>"
        return (
            f"<Ntry><Amt Ccy='{self.currency}'>{self.amount or euros(self.cents)}</Amt>{side(self.cents)}"
            f"{f'<RvslInd>{self.reversal}</RvslInd>' if self.reversal else ''}<Sts>{status}</Sts>"
            f"<BookgDt><Dt>{self.day}</Dt></BookgDt>{f'<AcctSvcrRef>{self.ref}</AcctSvcrRef>' if self.ref else ''}"
            f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
            f"{charges}<NtryDtls>{''.join(each.xml(version, self.currency) for each in self.txs)}</NtryDtls></Ntry>"
        )


@dataclass(frozen=True)
class Statement:
    """One statement whose sums hold, unless `closing` says otherwise."""

    entries: Sequence[Entry] = ()
    reference: str = "2026-015"
    iban: str = IBAN
    opening: int = 100000
    closing: int | None = None
    others: Sequence[tuple[str, int]] = field(default_factory=tuple)  # what it holds in other currencies at first
    closes: bool = True

    def xml(self, version: int) -> str:
        held = {"EUR": self.opening, **dict(self.others)}
        balances = []
        for currency, opening in held.items():
            moved = sum(e.cents for e in self.entries if (e.currency, e.status) == (currency, "BOOK"))
            closing = opening + moved if self.closing is None else self.closing
            balances.append(_balance("OPBD", opening, currency))
            balances += [_balance("CLBD", closing, currency)] if self.closes else []
        return (
            f"<Stmt><Id>{self.reference}</Id><CreDtTm>{DAY}T18:00:00</CreDtTm>"
            f"<Acct><Id><IBAN>{self.iban}</IBAN></Id></Acct>{''.join(balances)}"
            f"{''.join(each.xml(version) for each in self.entries)}</Stmt>"
        )


def _balance(code: str, cents: int, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{euros(cents)}</Amt>{side(cents)}"
        f"<Dt><Dt>{DAY}</Dt></Dt></Bal>"
    )


def camt053(*statements: Statement, version: int = 8) -> bytes:
    """A file of statements, as a bank sends it."""
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n"
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}'><BkToCstmrStmt>"
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>{DAY}T18:00:00</CreDtTm></GrpHdr>"
        f"{''.join(each.xml(version) for each in statements)}</BkToCstmrStmt></Document>"
    ).encode()


def mt940(
    *entries: tuple[int, str], mark: str = "C", code: str = "NTRF", account: str = IBAN, number: int = 1, page: int = 1,
    before: int = 100000, closing: int | None = None, opens: str = "F", closes: str = "F", behind: str = "",
) -> bytes:  # fmt: skip
    """One page of a statement in MT940: (cents, details) of entries that all have the same mark."""
    moved = sum(cents for cents, _ in entries) * (-1 if mark in {"D", "RC"} else 1)
    after = before + moved if closing is None else closing
    told = "".join(
        f":61:2601150115{mark}{_comma(cents)}{code}NONREF//A{n}\n:86:{details}\n"
        for n, (cents, details) in enumerate(entries, 1)
    )
    return (
        f":20:NW26\n:25:{account}\n:28C:{number}/{page}\n:60{opens}:C260114EUR{_comma(before)}\n{told}"
        f":62{closes}:C260115EUR{_comma(after)}\n{behind}-\n"
    ).encode()


CSV_MAPPING = {
    "encoding": "cp1252", "date_format": "DD.MM.YYYY", "currency": "EUR",
    "columns": {
        "booked_on": "Buchungstag", "amount": "Betrag", "balance": "Saldo", "currency": "Währung", "account": "Konto",
        "remittance": ["Verwendungszweck"], "counterparty_name": "Name", "counterparty_iban": "IBAN",
        "bank_reference": "Referenz", "code": "Art",
    },
    "reversal_words": ["STORNO"], "returned_words": ["RUECKLAST"], "charge_words": ["ENTGELT"],
}  # fmt: skip


def bank_csv(
    *rows: tuple[int, str, str], opening: int = 100000, currency: str = "EUR", day: str = "15.01.2026", first: int = 1
) -> bytes:
    """A German bank's CSV: (cents, code, text) of rows behind which it says what the account held."""
    told, held = ["Buchungstag;Betrag;Saldo;Währung;Konto;Verwendungszweck;Name;IBAN;Referenz;Art"], opening
    for number, (cents, code, text) in enumerate(rows, first):
        held += cents
        amount, after = (f"{'-' if each < 0 else ''}{_comma(each)}" for each in (cents, held))
        told.append(f'{day};{amount};{after};{currency};{IBAN};"{text}";Müller;{ACME_IBAN};R{number};{code}')
    return "\r\n".join([*told, ""]).encode("cp1252")


def _comma(cents: int) -> str:
    return euros(cents).replace(".", ",")


def paying(cents: int, text: str, **entry: object) -> Entry:
    """Money of Acme with what it wrote."""
    return Entry(cents, [Tx(cents, text)], **entry)  # type: ignore[arg-type]  # an entry's own fields


async def imported(backend: Backend, *entries: Entry, by: Actor = petra, reference: str = "2026-015") -> BankImportOut:
    """One statement of these entries, imported."""
    others = [(currency, 0) for currency in {each.currency for each in entries} - {"EUR"}]
    body = camt053(Statement(entries, reference, others=others))
    return await bank_statements.import_statements(backend, by, body)


async def bank_lines(backend: Backend, **wanted: str) -> list[BankLine]:
    """Every line, in the order of the statements."""
    request = PageRequest(page_size=200, sort="created_at")
    found = await backend.ask(petra, bank_statements.lines, request, BankLineFilter.model_validate(wanted))
    return sorted(found.items, key=lambda line: line.id)


async def waiting_line(backend: Backend, cents: int = 1210, text: str = "thank you") -> BankLine:
    """Money that came and waits, on a statement of its own."""
    count = len(await bank_lines(backend))
    done = await imported(backend, paying(cents, text), reference=f"waiting{count}")
    (line,) = await bank_lines(backend, statement_id=done.statements[0].id)
    return line


async def went_back(backend: Backend, number: str, cents: int = 1210) -> BankLine:
    """Money that came for an invoice and was booked, and whose return waits."""
    count = len(await bank_lines(backend))
    await imported(backend, paying(cents, number, ref=f"A{count}"), reference=f"came{count}")
    taken = Entry(-cents, [Tx(-cents, number)], ref=f"R{count}", reversal="true")
    done = await imported(backend, taken, reference=f"went{count}")
    (line,) = await bank_lines(backend, statement_id=done.statements[0].id)
    return line
