"""`python -m benchmarks [--only NAME] [--quick]`: measure, print a table, write var/bench.json."""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from scaicontrol.core.logging import configure

from . import (
    billing,
    calling_back,
    delivering,
    documents_pdf,
    gating,
    ingesting,
    listing,
    portal,
    proving,
    reading,
    starting,
    working,
    writing,
)
from .measure import Result
from .world import World, world

Benchmark = Callable[[World, bool], Awaitable[list[Result]]]
BENCHMARKS: dict[str, Benchmark] = {
    "filter": reading.tenant_filter,
    "get": reading.invoice_over_http,
    "lists": listing.console_lists,
    "callbacks": calling_back.callbacks,
    "plan": billing.planning,
    "finalise": billing.finalising,
    "apply": billing.applying,
    "ingest": ingesting.usage_over_http,
    "dispatch": delivering.dispatching,
    "jobs": working.jobs,
    "verify": proving.verifying,
    "pages": documents_pdf.pages,
    "gate": gating.gating,
    "xml": writing.xml,
    "help": starting.helping,
    "portal": portal.largest_paints,
}
OUTPUT = Path(__file__).parent.parent / "var" / "bench.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="measure this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, says little about speed")
    parser.add_argument("--json", type=Path, default=OUTPUT, help="where the figures go")
    given = parser.parse_args()
    configure("CRITICAL")  # what a measurement makes happen on purpose, such as retries, is counted, not told
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results, failed = runner.run(measured(given.only or list(BENCHMARKS), given.quick))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(
        json.dumps(
            {
                "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "python": platform.python_version(),
                "cores": os.cpu_count(),
                "quick": given.quick,
                "results": [result.as_row() for result in results],
                "failed": failed,
            },
            indent=2,
        )
        + "\n"
    )
    missed = [result.name for result in results if result.met is False]
    print(f"\n{len(results)} ratios, written to {given.json}; {len(missed)} miss their goal.")
    return 1 if missed or failed else 0


async def measured(names: list[str], quick: bool) -> tuple[list[Result], list[str]]:
    """Run the benchmarks one after the other, each on a database of its own; one that fails does not stop the rest."""
    results: list[Result] = []
    failed: list[str] = []
    print(f"{'what':<42} {'ratio':>8} {'spread':>15} {'goal':>9} {'':4} {'cpu':>6}  sizes", flush=True)
    for name in names:
        try:
            async with world() as here:
                for result in await BENCHMARKS[name](here, quick):
                    show(result)
                    results.append(result)
        except Exception as error:  # noqa: BLE001  # whatever broke one measurement, the others are still wanted
            traceback.print_exc()
            print(f"{name}: failed: {error}", file=sys.stderr, flush=True)
            failed.append(f"{name}: {error}")
    return results, failed


def show(result: Result) -> None:
    spread = f"{min(result.ratios):.2f}..{max(result.ratios):.2f}"
    verdict = {True: "ok", False: "MISS", None: ""}[result.met]
    cpu = f"{result.cpu_ratio:.2f}" if result.cpu_ratio is not None else ""
    goal = str(result.goal or "")
    print(f"{result.name:<42} {result.ratio:>8.2f} {spread:>15} {goal:>9} {verdict:4} {cpu:>6}  {result.sizes}")
    print(f"    {result.ours} | {result.yardstick}")
    for note in result.notes:
        print(f"    {note}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
