from typing import NamedTuple


class TableColumn(NamedTuple):
    """
    A column of fixed width, so that nothing jumps while rows come in; figures stand right.

    Of a list the first that `grows` takes what room is left; what is `wide` is left out of a narrow terminal. What
    `names` people or companies is left out of a bundle.
    """

    title: str
    width: int
    right: bool = False
    wide: bool = False
    grows: bool = False
    names: bool = False
