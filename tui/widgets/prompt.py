from collections.abc import Iterable

from textual.binding import Binding
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input


class Prompt(Input):
    """The line at the bottom: `:` takes a command, `/` narrows the list while you type."""

    BINDINGS = [Binding("escape", "close", "Close", show=False)]

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

    def open(self, mode: str, value: str = "", *, commands: Iterable[str] = ()) -> None:
        self.mode = mode
        self.suggester = SuggestFromList(commands, case_sensitive=False) if mode == ":" else None
        self.placeholder = "where to? → completes" if mode == ":" else "number, id, tenant, or a state"
        self.border_title = "Command" if mode == ":" else "Filter"
        self.display = True
        with self.prevent(Input.Changed):
            self.value = value
        self.cursor_position = len(value)
        self.focus()

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

    def _leave(self) -> str:
        mode, self.mode = self.mode, ""
        self.display = False
        return mode
