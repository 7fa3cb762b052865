"""
The gate of our own: exact arithmetic, coherence, and what each format demands beyond its schema.

The official rules accept tax that is off by almost one unit of currency and never multiply quantity by price; this gate
is exact. It needs nothing installed. Every failure is reported, with its rule, the field and what mends it.
"""

from collections.abc import Callable, Iterable

from scaicontrol.core.errors import Reason

from ..document import Document
from ..formats import Format, Profile, profile_of
from . import arithmetic, categories, characters, peppol, second_lock, terms, xrechnung

Check = Callable[[Document], Iterable[Reason]]

_ALWAYS: tuple[Check, ...] = (characters.check, terms.check, arithmetic.check, categories.check)
_BY_PROFILE: dict[str, tuple[Check, ...]] = {"peppol": (peppol.check,), "xrechnung": (xrechnung.check,)}


def check(
    document: Document, target: Format, profile: Profile | None = None, *, is_sealed: bool = False
) -> list[Reason]:
    """
    Name everything that is wrong with a document in a format; an empty list means the gate is open.

    What is sealed keeps what was decided: the second lock is asked of what is still to be sealed.
    """
    profile = profile or profile_of(Format(target))
    lock: tuple[Check, ...] = () if is_sealed else (second_lock.check,)
    every = (*_ALWAYS, *lock, *_BY_PROFILE.get(profile.id, ()))
    return list(dict.fromkeys(reason for one in every for reason in one(document)))
