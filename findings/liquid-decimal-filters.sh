#!/bin/sh
# python-liquid's math filters take a Decimal for nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check python-liquid==2.3.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from decimal import Decimal
from liquid import Environment

render = Environment().from_string
seen = {
    "Decimal": render("{{ amount | plus: 1 }}").render(amount=Decimal("119.00")),
    "str": render("{{ amount | plus: 1 }}").render(amount="119.00"),
}
print("version:  python-liquid 2.3.6")
print("expected: 120.00 for a Decimal, which is what amounts are in Python")
print(f"seen:     {seen}")
print("cost:     a template that adds something to a total prints an amount that is wrong by the whole total")
print("do:       filters of one's own for amounts, and no others in templates of documents")
sys.exit(0 if seen["Decimal"] not in ("120.00", "120") else 1)
PYTHON
