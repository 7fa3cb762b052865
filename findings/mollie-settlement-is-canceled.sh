#!/bin/sh
# mollie-api-python says of a settlement that was paid out that it is cancelled.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mollie-api-python==4.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from mollie.api.objects.settlement import Settlement

paid_out = Settlement({"resource": "settlement", "id": "stl_jDk30akdN", "status": "paidout"}, None)
seen = paid_out.is_canceled()
print("version:  mollie-api-python 4.0.0")
print("expected: a settlement with the status 'paidout' is not cancelled")
print(f"seen:     is_canceled() gives {seen}; there is no is_paidout(): {not hasattr(paid_out, 'is_paidout')}")
print("cost:     a reconciliation that skips cancelled settlements skips every one that reached the bank")
print("do:       compare status with STATUS_PAIDOUT")
sys.exit(0 if seen is True and not hasattr(paid_out, "is_paidout") else 1)
PYTHON
