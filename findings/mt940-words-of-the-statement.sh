#!/bin/sh
# mt-940 hangs what a statement says of itself, behind its closing balance, on the last payment.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mt-940==5.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import mt940

# SWIFT's MT940 ends with an optional :86: about the account, behind :62F:, :64: and :65:.
statement = """:20:STARTUMS
:25:NL91ABNA0417164300
:28C:15/1
:60F:C260114EUR1000,00
:61:2601150115C121,00NTRFNONREF//A1
:86:Invoice 2026-1
:62F:C260115EUR1121,00
:64:C260115EUR1121,00
:86:Opened with invoice 2026-2
-"""
seen = []
for options in (None, mt940.Options.all()):
    (read,) = mt940.parse_statements(statement, options=options)
    seen.append(read[0].data["transaction_details"])
print("version:  mt-940 5.1.1")
print("expected: the payment says 'Invoice 2026-1'; what stands behind the closing balance is the statement's")
print(f"seen:     the payment says {seen[0]!r}, with every opt-in fix {seen[1]!r}")
print("cost:     a payment names an invoice that its payer never wrote, and is matched with it")
print("do:       cut each statement behind the line of its closing balance before it is parsed")
sys.exit(0 if seen == ["Invoice 2026-1\nOpened with invoice 2026-2"] * 2 else 1)
PYTHON
