"""Text from outside is shown as it was written: never markup, never a command to the terminal."""

from typing import Any, Final

from rich.text import Text
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey, RowKey

# A control character in somebody's name would speak to the terminal itself.
_SHOWN: Final = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def plain(value: object, style: str = "") -> Text:
    """Show a value as it is; what is a Text already keeps its style."""
    return value if isinstance(value, Text) else Text(str(value).translate(_SHOWN), style=style)


class Rows(DataTable[Text]):
    """A table whose cells and titles are plain, whatever they are given."""

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=True)

    def add_column(self, label: Any, **options: Any) -> ColumnKey:
        return super().add_column(plain(label), **options)

    def add_row(self, *cells: Any, **options: Any) -> RowKey:
        return super().add_row(*map(plain, cells), **options)

    def update_cell(self, row_key: Any, column_key: Any, value: Any, **options: Any) -> None:
        super().update_cell(row_key, column_key, plain(value), **options)
