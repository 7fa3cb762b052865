#!/bin/sh
# taskiq acknowledges a task that was cancelled on its way, as if it had been done.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check taskiq==0.13.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys

from taskiq import AckableMessage, InMemoryBroker, TaskiqMessage
from taskiq.receiver import Receiver


async def seen():
    broker, started, acknowledged = InMemoryBroker(), asyncio.Event(), []

    @broker.task(task_name="bill")
    async def bill():
        started.set()
        await asyncio.Event().wait()

    async def acknowledge():
        acknowledged.append("bill")

    sent = broker.formatter.dumps(TaskiqMessage(task_id="1", task_name="bill", labels={}, args=[], kwargs={}))
    receiver = Receiver(broker, run_startup=False)
    running = asyncio.create_task(receiver.callback(AckableMessage(data=sent.message, ack=acknowledge)))
    await started.wait()
    running.cancel()  # as an event loop does with what still runs when its process stops
    await asyncio.wait([running])
    return running.cancelled(), acknowledged


cancelled, acknowledged = asyncio.run(seen())
print("version:  taskiq 0.13.0, acknowledging when the result is saved (its default)")
print("expected: the cancellation goes on to whoever cancelled, and the queue keeps the task for another worker")
print(f"seen:     cancelled: {cancelled}; acknowledged: {acknowledged}")
print("cost:     work cut off by a stopping worker leaves the queue and is not done; all that remains is a line about an exception in the log")
print("do:       send what was cut off anew, or find what is due by a sweep over the database")
sys.exit(0 if (cancelled, acknowledged) == (False, ["bill"]) else 1)
PYTHON
