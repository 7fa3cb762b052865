#!/bin/sh
# Keys that arrive together with the one that opens a field go to the list that had the focus, as its commands.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys

from textual.app import App
from textual.binding import Binding
from textual.events import Key
from textual.widgets import DataTable, Input


def typed(first):
    """Press a colon, which opens a field, and `jobs` behind it in the same instant; `first`: as a priority binding."""

    class Dashboard(App):
        BINDINGS = [Binding("colon", "open", priority=first), Binding("j", "down")]
        downs = 0

        def compose(self):
            yield DataTable()
            yield Input()

        def on_mount(self):
            self.query_one(Input).display = False
            self.query_one(DataTable).focus()

        def action_open(self):
            field = self.query_one(Input)
            field.display = True
            self.screen.set_focus(field) if first else field.focus()

        def action_down(self):
            self.downs += 1

    async def run():
        app = Dashboard()
        async with app.run_test() as pilot:
            for name, letter in (("colon", ":"), *((letter, letter) for letter in "jobs")):
                app.post_message(Key(name, letter))
            for _ in range(20):
                await pilot.pause()
            return app.query_one(Input).value, app.downs

    return asyncio.run(run())


plain, first = typed(False), typed(True)
print("version:  Textual 8.2.8")
print("expected: the field that a key opens takes the letters behind it: 'jobs', and the command on j runs 0 times")
print(f"seen:     {plain[0]!r}, and {plain[1]} times; with a priority binding that sets the focus itself {first[0]!r} and {first[1]}")
print("cost:     over SSH a fast ':jobs' arrives in one packet: its letters are commands of the list that was on screen")
print("do:       open with a priority binding, and set the focus at once instead of by focus(), which does it later")
sys.exit(0 if plain != ("jobs", 0) and first == ("jobs", 0) else 1)
PYTHON
