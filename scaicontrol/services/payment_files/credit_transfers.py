"""Orders as a pain.001 message; the same rows give the same bytes."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from lxml import etree
from sepaxml import SepaTransfer

from .models import PaymentFile, PaymentOrder
from .sepa import sepa_text

_NAMELESS: Final = "NOTPROVIDED"  # a bank without its BIC, as the rules of SEPA say it


class Unwritable(RuntimeError):
    """A message that its own schema or sums refuse. A fault of the program: what was proposed was checked."""


def pain001(file: PaymentFile, orders: Sequence[PaymentOrder]) -> bytes:
    """
    Write a file, held against its XSD and its sums.

    Raises Unwritable.
    """
    config = {"name": file.payer_name, "IBAN": file.payer_iban, "currency": "EUR", "batch": True}
    transfer = SepaTransfer(config | ({"BIC": file.payer_bic} if file.payer_bic else {}), file.message, clean=False)
    for order in orders:
        transfer.add_payment(
            {
                "name": sepa_text(order.payee_name, 70),
                "IBAN": order.payee_iban,
                "amount": order.amount_cents,
                "execution_date": file.execute_on,
                "description": sepa_text(order.remittance, 140),
                "endtoend_id": order.end_to_end_id,
            }
        )
    # The library takes names and the time from the machine; ours are those of the rows.
    document = etree.fromstring(transfer.export(validate=False))
    names = {"m": f"urn:iso:std:iso:20022:tech:xsd:{file.message}"}
    said = {"MsgId": file.id.replace("_", "-"), "PmtInfId": f"{file.id.replace('_', '-')}-1"}
    said["CreDtTm"] = f"{file.created_at:%Y-%m-%dT%H:%M:%S}Z"
    for name, text in said.items():
        for element in document.iterfind(f".//m:{name}", names):
            element.text = text
    for bank in document.iterfind(".//m:FinInstnId", names):
        if not len(bank):
            other = etree.SubElement(bank, f"{{{names['m']}}}Othr")
            etree.SubElement(other, f"{{{names['m']}}}Id").text = _NAMELESS
    _hold(document, names, file)
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def _hold(document: etree._Element, names: dict[str, str], file: PaymentFile) -> None:
    schema = _schema(file.message)
    if not schema.validate(document):
        raise Unwritable(f"{file} does not fit {file.message}: {schema.error_log}.")
    euros = f"{file.total_cents // 100}.{file.total_cents % 100:02}"
    sums = {element.text for element in document.iterfind(".//m:CtrlSum", names)}
    counts = {element.text for element in document.iterfind(".//m:NbOfTxs", names)}
    if sums != {euros} or counts != {str(file.orders)}:
        raise Unwritable(f"{file} says {sums} in {counts} orders; its rows say {euros} in {file.orders}.")


@cache
def _schema(message: str) -> etree.XMLSchema:
    with as_file(files("sepaxml") / "schemas" / f"{message}.xsd") as path:
        return etree.XMLSchema(etree.parse(str(path)))
