#!/bin/sh
# Under pytest 9.2, pytest-xdist 3.8 hands the tests of one xdist_group to several workers, without a word.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0
cat > "$folder/test_shared.py" <<'TESTS'
import os
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("one")


@pytest.mark.parametrize("number", range(8))
def test_dear(number):
    Path(__file__).with_name(os.environ["PYTEST_XDIST_WORKER"]).touch()
    time.sleep(0.2)
TESTS
cd "$folder"
"$folder/venv/bin/python" -m pytest -q -n 2 --dist loadgroup test_shared.py
workers=$(find . -maxdepth 1 -name 'gw*' | wc -l)
echo "version:  pytest 9.2.0 with pytest-xdist 3.8.0"
echo "expected: --dist loadgroup runs all tests of one xdist_group in one worker, as its documentation says"
echo "seen:     the eight tests of one group ran in $workers workers; nothing warns"
echo "cost:     what a group shares (a browser, a cluster, a served site) is started once a worker, and tests that must not"
echo "          run beside each other do: figures they measure are wrong now and then, ports and files clash"
echo "do:       give pytest_xdist_make_scheduler a LoadScopeScheduling whose _split_scope names the group"
test "$workers" -eq 2
