#!/bin/sh
# Babel counts a currency's digits as people use them, not as ISO 4217 and invoices do.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check babel==2.18.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from babel.numbers import format_currency, get_currency_precision

seen = {code: get_currency_precision(code) for code in ("RSD", "ISK", "HUF", "EUR")}
shown = format_currency(1234.56, "RSD", locale="sr_Latn")
print("version:  Babel 2.18.0")
print("expected: RSD has 2 digits (ISO 4217 table A.1), as a bank and an e-invoice (BR-DEC) book it")
print(f"seen:     {seen}; 1234.56 RSD is written as {shown!r}")
print("cost:     an invoice shows another amount than its XML carries; the cents of every Serbian price are rounded away")
print("do:       keep the digits in a table of one's own and give them to the formatter")
sys.exit(0 if seen["RSD"] == 0 and seen["EUR"] == 2 and "56" not in shown else 1)
PYTHON
