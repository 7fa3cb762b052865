from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input


class Completion(Suggester):
    """Completes the name of a place; whatever stands behind it is its filter."""

    def __init__(self, completes: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self.completes = completes

    async def get_suggestion(self, value: str) -> str | None:
        return self.completes(value)


class Prompt(Input):
    """The line at the bottom: `:` takes a command, `/` narrows the list while you type."""

    BINDINGS = [
        Binding("escape", "close", "Close", show=False),
        Binding("tab", "cursor_right", "Complete", show=False),
    ]

    class CommandEntered(Message):
        """A command was entered."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class FilterChanged(Message):
        """The filter changed, or was left (`done`)."""

        def __init__(self, wanted: str, *, done: bool = False) -> None:
            super().__init__()
            self.wanted, self.done = wanted, done

    def __init__(self) -> None:
        super().__init__(select_on_focus=False)
        self.mode = ""

    def on_mount(self) -> None:
        self.display = False

    def open(self, mode: str, value: str = "", *, hint: str = "", known: Sequence[str] = ()) -> None:
        """Take a command or a filter; `known` are the names that are completed."""
        self.mode = mode
        self.suggester = Completion(lambda typed: completed(typed, known)) if known else None
        self.placeholder = hint
        self.border_title = "Command" if mode == ":" else "Filter"
        self.display = True
        with self.prevent(Input.Changed):
            self.value = value
        self.cursor_position = len(value)
        self.screen.set_focus(self)  # at once: what is typed behind it arrives with it, and is no key of the list

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.mode == "/":
            self.post_message(self.FilterChanged(self.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        words, mode = self.value.strip(), self._leave()
        self.post_message(self.CommandEntered(words) if mode == ":" else self.FilterChanged(words, done=True))

    def action_close(self) -> None:
        if self._leave() == "/":
            self.post_message(self.FilterChanged("", done=True))
        else:
            self.post_message(self.CommandEntered(""))

    def _leave(self) -> str:
        mode, self.mode = self.mode, ""
        self.display = False
        return mode


def completed(typed: str, known: Sequence[str]) -> str | None:
    """Complete the last word of what was typed by the first name that begins with it."""
    head, _, last = typed.rpartition(" ")
    found = next((name for name in known if last and name.startswith(last) and name != last), None)
    return f"{head} {found}".lstrip() if found else None
