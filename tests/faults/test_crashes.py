"""
Killed (SIGKILL) before and after every unit of work and every call to the outside, then left to the timetable; while
documents are numbered, payments decided and subscriptions changed, also before every single statement that writes and
every commit.

Nothing is lost, doubled or skipped: the rules of `invariants` hold after every recovery. `make test` takes a seeded
slice of the crash points of three scenarios, `make test-long` all of all.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("FAULT_SEED", "20260201"))
SLICE = {"credits": 3, "dispatcher": 1, "documents": 3}
# `scenarios` is for processes of its own.
SCENARIOS = (*SLICE, "asked back", "bank", "billing", "books", "changes", "charges", "wallets")


async def lives(scenario, folder, *chosen):
    """Let the scenario live undisturbed and die at its crash points; give what each life left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.scenarios", scenario, str(folder / "lives"), *map(str, chosen),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, limit=2**20,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    return [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]


async def crash(scenario, folder, record_property, *chosen):
    calm, *results = await lives(scenario, folder, *chosen)
    assert (calm["point"], calm["exit"], calm["faults"]) == (0, 0, [])
    steps = calm["steps"]
    record_property("counted", f"faults in {scenario}: {len(results)} of {len(steps)} crash points, seed {SEED}")
    faults = [f"killed at {r['point']} ({steps[r['point'] - 1]}): {f}" for r in results for f in r["faults"]]
    assert not faults, "\n".join(faults)
    # Steps run side by side, so a life may end a few before the last point; every other one was really killed.
    assert results
    assert [r["exit"] for r in results].count(-9) >= len(results) - 3


@pytest.mark.parametrize("scenario", sorted(SLICE))
async def test_a_slice_of_the_crash_points(scenario, tmp_path, record_property):
    await crash(scenario, tmp_path, record_property, SLICE[scenario], SEED)


@pytest.mark.long
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
async def test_every_crash_point(scenario, tmp_path, record_property):
    await crash(scenario, tmp_path, record_property)
