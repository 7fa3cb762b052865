#!/bin/sh
# An event of stripe 16 holds Decimals, so it can no longer be stored as JSON the usual way.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check stripe==16.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import stripe

raw = {
    "id": "evt_1", "object": "event", "type": "invoice.finalized",
    "data": {"object": {"id": "in_1", "object": "invoice", "lines": {"object": "list", "data": [
        {"id": "il_1", "object": "line_item", "pricing": {"unit_amount_decimal": "0.5"}, "quantity_decimal": "3"}]}}},
}
event = stripe.Event.construct_from(raw, "sk_test_unused")
try:
    json.dumps(event.to_dict())
    seen = "written"
except TypeError as error:
    seen = f"TypeError: {error}"
print("version:  stripe 16.1.0")
print("expected: json.dumps(event.to_dict()) writes the event")
print(f"seen:     {seen}; str(event) starts {str(event)[:12]!r}")
print("cost:     a webhook handler that stores what it got fails on most events about invoices, and the provider repeats them")
print("do:       keep the raw body that was signed, or str(event)")
sys.exit(0 if seen.startswith("TypeError") else 1)
PYTHON
