"""Text from outside is shown as it was written: never markup, never a command to the terminal."""

from typing import Any, Final

from rich.text import Text
from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey, RowKey

# A control character in somebody's name would speak to the terminal itself.
_SHOWN: Final = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def plain(value: object, style: str = "") -> Text:
    """Show a value as it is; what is a Text already keeps its style."""
    return value if isinstance(value, Text) else Text(str(value).translate(_SHOWN), style=style)


def _in_a_line(value: object) -> Text:
    """Show a value in one line; what has no room ends in an ellipsis."""
    cell = plain(value).copy()
    cell.no_wrap, cell.overflow = True, "ellipsis"
    return cell


class Rows(DataTable[Text]):
    """A table whose cells and titles are plain, whatever they are given; it tells when somebody goes on at its end."""

    class Beyond(Message):
        """The cursor was moved past the last row (`by` 1) or before the first (-1)."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True)

    def add_column(self, label: Any, **options: Any) -> ColumnKey:
        return super().add_column(plain(label), **options)

    def add_row(self, *cells: Any, **options: Any) -> RowKey:
        return super().add_row(*map(_in_a_line, cells), **options)

    def update_cell(self, row_key: Any, column_key: Any, value: Any, **options: Any) -> None:
        super().update_cell(row_key, column_key, _in_a_line(value), **options)

    def move(self, by: int) -> None:
        """Move the cursor by some rows; at an end only a message tells of it."""
        last = self.row_count - 1
        if last >= 0 and 0 <= self.cursor_row + by <= last:
            self.move_cursor(row=self.cursor_row + by, animate=False)
        elif last >= 0 and self.cursor_row != (edge := last if by > 0 else 0):
            self.move_cursor(row=edge, animate=False)
        else:
            self.post_message(self.Beyond(1 if by > 0 else -1))

    def action_cursor_down(self) -> None:
        self.move(1)

    def action_cursor_up(self) -> None:
        self.move(-1)
