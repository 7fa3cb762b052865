#!/bin/sh
# mt-940 reads a reversed credit (RC) as money that came in.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check mt-940==5.1.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import mt940

statement = """:20:START
:25:10020030/1234567
:28C:1/1
:60F:C260101EUR100,00
:61:2601020102RC40,00NTRFNONREF
:62F:C260102EUR60,00
-"""
booked = mt940.models.Transactions(processors={}).parse(statement)
amounts = [entry.data["amount"].amount for entry in booked]
print("version:  mt-940 5.1.1")
print("expected: -40.00; RC takes a credit back, and the closing balance of 60.00 says so")
print(f"seen:     {amounts}")
print("cost:     a returned payment is booked as a second payment: 80.00 too much on the account of a customer")
print("do:       hold the sum of the entries against the balances of the statement before booking any")
sys.exit(0 if [float(each) for each in amounts] == [40.0] else 1)
PYTHON
