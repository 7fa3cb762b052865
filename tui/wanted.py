"""What a filter asks for: a state, words, and with `!` what to leave out."""

from collections.abc import Collection
from dataclasses import dataclass

from .verbs import Row


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed after `/`. A state and `words` are asked of the service where it can search; the rest is here."""

    state: str | None = None
    words: str = ""
    without: tuple[str, ...] = ()

    @classmethod
    def read(cls, typed: str, states: Collection[str]) -> "Wanted":
        """Tell apart what was typed; the first word that is one of `states` is the state."""
        given = typed.split()
        positive = [word for word in given if not word.startswith("!")]
        state = next((word for word in positive if word in states), None)
        words = " ".join(word for word in positive if word != state)
        without = tuple(word[1:].casefold() for word in given if word.startswith("!") and word != "!")
        return cls(state, words, without)

    def narrows_here(self, *, searched: bool) -> bool:
        """Tell whether rows that were read are left out; `searched` says that the service looked for the words."""
        return bool(self.without or (self.words and not searched))

    def keeps(self, row: Row, *, searched: bool) -> bool:
        if not self.narrows_here(searched=searched):
            return True
        spoken = row.status.replace("_", " ")
        text = " ".join([row.id, row.status, spoken, row.words, *(str(cell) for cell in row.cells)]).casefold()
        words = () if searched else self.words.casefold().split()
        return all(word in text for word in words) and not any(word in text for word in self.without)
