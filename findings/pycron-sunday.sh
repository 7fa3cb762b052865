#!/bin/sh
# pycron takes day 7 without a word and never matches it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pycron==3.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import datetime, timedelta
import pycron

start = datetime(2026, 1, 1)
minutes = [start + timedelta(days=day) for day in range(365)]


def runs(pattern):
    try:
        return sum(pycron.is_now(pattern, moment) for moment in minutes)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = {pattern: runs(pattern) for pattern in ("0 0 * * 0", "0 0 * * 7")}
print("version:  pycron 3.3.0 (what taskiq's scheduler asks)")
print("expected: 0 0 * * 7 is Sunday, as in every cron since Vixie's: 52 midnights of 2026")
print(f"seen:     {seen}")
print("cost:     a weekly job that never runs, and nothing that says so")
print("do:       due rows of one's own, or 0 for Sunday and a test that counts the runs of a year")
sys.exit(0 if seen["0 0 * * 0"] == 52 and seen["0 0 * * 7"] == 0 else 1)
PYTHON
