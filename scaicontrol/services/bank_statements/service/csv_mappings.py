"""How the CSV files of an account are read, and what a file would say, before anything is imported."""

import asyncio
from typing import Final

from sqlalchemy import select

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Invalid, NotFound, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services.partners import reads as sellers

from .. import csv_file
from ..events import BankCsvMappingKept
from ..models import BankCsvMapping
from ..parsed import ReadLine
from ..queries import csv_mapping
from ..schemas import CsvLineOut, CsvMappingIn, CsvPreviewOut
from ..statement_files import FILE_MAX, TOO_LARGE

_FIRST: Final = 10


@verb
async def keep_csv_mapping(uow: UnitOfWork, iban: str, body: CsvMappingIn) -> BankCsvMapping:
    """
    Keep how CSV files of an account are read, in place of what was kept; what was imported stays as it is.

    Raises Refused for an account that is no seller's, or several sellers', whom the actor may see.
    """
    uow.authorize("bank_statements:import")
    account = account_of(iban)
    partner_id = await seller_of(uow, account, "kept")
    query = select(BankCsvMapping).where(BankCsvMapping.partner_id == partner_id, BankCsvMapping.iban == account)
    there = await uow.session.scalar(query.with_for_update())
    mapping = body.model_dump(mode="json")
    if there is None:
        there = BankCsvMapping(id=new_id("bcm"), partner_id=partner_id, iban=account, mapping=mapping, version=1)
        uow.session.add(there)
    elif there.mapping == mapping:
        return there
    else:
        there.mapping, there.version = mapping, there.version + 1
    uow.emit(
        BankCsvMappingKept(mapping_id=there.id, partner_id=partner_id, iban=account, version=there.version),
        after=mapping,
    )
    return there


async def preview_csv(backend: Backend, actor: Actor, iban: str, body: bytes) -> CsvPreviewOut:
    """
    Tell how the first rows of a file are read, or the sentence that refuses it; nothing is stored or booked.

    Raises NotFound where the account has no mapping, Invalid for a file that is too large.
    """
    actor.require("bank_statements:import")
    if len(body) > FILE_MAX:
        raise Invalid(TOO_LARGE)
    kept = await backend.ask(actor, csv_mapping, account_of(iban))
    if kept is None:
        raise NotFound(f"Account {iban} has no CSV mapping.")
    return await asyncio.to_thread(_previewed, body, kept.iban, CsvMappingIn.model_validate(kept.mapping))


def _previewed(body: bytes, iban: str, mapping: CsvMappingIn) -> CsvPreviewOut:
    try:
        read = csv_file.read(body, iban, mapping)
    except Invalid as error:
        return CsvPreviewOut(total=0, lines=[], problem=error.message)
    return CsvPreviewOut(total=len(read.lines), lines=[_shown(line) for line in read.lines[:_FIRST]], problem=None)


def _shown(line: ReadLine) -> CsvLineOut:
    return CsvLineOut(**{name: getattr(line, name) for name in CsvLineOut.model_fields})


def account_of(iban: str) -> str:
    """Give an IBAN as it is kept."""
    return iban.replace(" ", "").upper()


async def seller_of(uow: UnitOfWork, iban: str, done: str = "imported") -> str:
    """Name the one seller whose account it is; Refused for nobody's and for several's."""
    found = await sellers.with_account(uow, iban)
    if not found:
        raise Refused(
            f"Account {iban} is no seller's: nothing was {done}. Name it as the seller's IBAN if it is theirs."
        )
    if len(found) > 1:
        raise Refused(
            f"Account {iban} belongs to several sellers ({', '.join(found)}), and a statement does not say whose "
            f"a payment is: nothing was {done}."
        )
    return found[0]
