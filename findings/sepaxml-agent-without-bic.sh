#!/bin/sh
# sepaxml names no bank at all where an account has no BIC, and its own check against the schema finds that right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sepaxml==2.7.0
"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import re
import sys

from sepaxml import SepaTransfer

payer = {"name": "Northwind Cloud GmbH", "IBAN": "DE89370400440532013000", "batch": True, "currency": "EUR"}
file = SepaTransfer(payer, schema="pain.001.001.09", clean=True)
file.add_payment({
    "name": "Acme B.V.", "IBAN": "NL91ABNA0417164300", "amount": 12100,
    "execution_date": datetime.date(2026, 2, 3), "description": "Credit note 2026-7", "endtoend_id": "po-1",
})
written = file.export(validate=True).decode()
agent = re.search(r"<DbtrAgt>.*?</DbtrAgt>", written, re.DOTALL)
seen = re.sub(r"\s+", "", agent.group(0)) if agent else "no DbtrAgt"
print("version:  sepaxml 2.7.0, pain.001.001.09, validate=True")
print("expected: FinInstnId with Othr/Id NOTPROVIDED, which the EPC's guidelines ask for where a BIC is left out")
print(f"seen:     {seen}")
print("cost:     the file passes the schema and is turned away by the bank, after its day, with all transfers in it")
print("do:       put Othr/Id NOTPROVIDED into each empty FinInstnId, then check against the schema once more")
sys.exit(0 if seen == "<DbtrAgt><FinInstnId/></DbtrAgt>" else 1)
PYTHON
