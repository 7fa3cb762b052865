"""Questions before something changes; each screen's type says what it answers."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from scaicontrol.core.text import Unprintable, clean

from .widgets.plain import plain


class Confirm(ModalScreen[bool]):
    """Name the object and the effect, show what a rehearsal left, and ask."""

    BINDINGS = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str, effect: str, outcome: list[Text], *, grave: bool = False) -> None:
        super().__init__(classes="grave" if grave else "")
        self.question, self.effect, self.outcome = question, effect, outcome

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain(self.question), id="question")
            yield Static(plain(self.effect), id="effect")
            yield Static(Text("Rehearsed and undone; for real it would leave:", style="dim"), id="rehearsed")
            with VerticalScroll(id="outcome"):
                for line in self.outcome:
                    yield Static(plain(line))
            yield Static(Text.assemble(("y", "bold"), " do it    ", ("n", "bold"), " leave it as it is"), id="keys")


class AskReason(ModalScreen[str | None]):
    """Ask for the reason that goes into the audit log; None when the person thinks better of it."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain(self.question), id="question")
            yield Input(placeholder="The reason stands in the audit log", id="reason")
            yield Static(Text.assemble(("Enter", "bold"), " go on    ", ("Esc", "bold"), " back"), id="keys")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            reason = clean(event.value, "The reason").strip()
        except Unprintable as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        if reason:
            self.dismiss(reason)
        else:
            self.notify("Say why, or press Esc.", severity="warning")
