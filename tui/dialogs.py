"""Questions before something changes; each screen's type says what it answers."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from scaicontrol.core.text import Unprintable, clean

from .verbs import KeyChoice
from .widgets.plain import plain


class Confirm(ModalScreen[bool]):
    """Name the object and the effect, show what a rehearsal left, and ask."""

    BINDINGS = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str, effect: str, outcome: Sequence[Text], *, grave: bool = False) -> None:
        super().__init__(classes="grave" if grave else "")
        self.question, self.effect, self.outcome = question, effect, outcome

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain(self.question), id="question")
            yield Static(plain(self.effect), id="effect")
            if self.outcome:
                yield Static(Text("Rehearsed and undone; for real it would leave:", style="dim"), id="rehearsed")
                with VerticalScroll(id="outcome"):
                    for line in self.outcome:
                        yield Static(plain(line))
            yield Static(Text.assemble(("y", "bold"), " do it    ", ("n", "bold"), " leave it as it is"), id="keys")


class Choose(ModalScreen[str | None]):
    """Ask which of several ways is meant; each has a digit. None when the person thinks better of it."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back"), *(Binding(str(n), f"pick({n})") for n in range(1, 10))]

    def __init__(self, question: str, choices: Sequence[KeyChoice]) -> None:
        super().__init__()
        self.question, self.choices = question, choices[:9]

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain(self.question), id="question")
            for number, choice in enumerate(self.choices, 1):
                yield Static(Text.assemble((f"  {number}  ", "bold"), plain(choice.said)))
            yield Static(Text.assemble(("Esc", "bold"), " back"), id="keys")

    def action_pick(self, number: int) -> None:
        if number <= len(self.choices):
            self.dismiss(self.choices[number - 1].value)


class AskText(ModalScreen[str | None]):
    """Ask for a line, mostly the reason that goes into the audit log; None when the person thinks better of it."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, question: str, hint: str, *, is_optional: bool = False) -> None:
        super().__init__()
        self.question, self.hint, self.is_optional = question, hint, is_optional

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain(self.question), id="question")
            yield Static(plain(self.hint, "dim"))
            yield Input(id="answer")
            yield Static(Text.assemble(("Enter", "bold"), " go on    ", ("Esc", "bold"), " back"), id="keys")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            answer = clean(event.value, "What you typed").strip()
        except Unprintable as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        if answer or self.is_optional:
            self.dismiss(answer)
        else:
            self.notify("Say it, or press Esc.", severity="warning")


class Shown(ModalScreen[None]):
    """Show what a verb gave, such as a key that is shown once."""

    BINDINGS = [Binding("escape,enter", "dismiss(None)", "Close"), Binding("y", "copy", "Copy")]

    def __init__(self, title: str, words: str) -> None:
        super().__init__()
        self.title_, self.words = title, words

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain(self.title_), id="question")
            yield Static(plain(self.words), id="effect")
            yield Static(Text.assemble(("y", "bold"), " copy    ", ("Enter", "bold"), " close"), id="keys")

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.words)


class KeysList(ModalScreen[None]):
    """The keys of a screen, as they are shown and what each does; made of the bindings themselves."""

    BINDINGS = [Binding("escape,enter,question_mark", "dismiss(None)", "Close")]

    def __init__(self, keys: Sequence[tuple[str, Binding]]) -> None:
        super().__init__()
        self.keys = keys

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(plain("Keys"), id="question")
            with VerticalScroll(id="list"):
                for shown, binding in self.keys:
                    if binding.description:
                        told = f"  {binding.tooltip}" if binding.tooltip else ""
                        line = (plain(f"{shown:>6}  ", "bold"), plain(binding.description), plain(told, "dim"))
                        yield Static(Text.assemble(*line))
            yield Static(Text.assemble(("Esc", "bold"), " close"), id="keys")
