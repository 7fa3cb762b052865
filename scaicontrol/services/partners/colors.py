"""
A brand's colour, readable by WCAG 2.2 AA (SC 1.4.3) wherever portal, public pages and mails show it.

It is text on the page's own surfaces and on a tint of itself, and what buttons are filled with.
"""

from typing import Final

from scaicontrol.core.errors import invalid

LEAST: Final = 4.5  # of text against what it stands on
WHITE: Final = "#ffffff"  # what stands on a filled button of a light page
INK: Final = "#071027"  # and of a dark one
_LIGHT: Final = ("#ffffff", "#f6f7fa")  # surfaces, as in `frontend/src/theme.css`
_DARK: Final = ("#161b23", "#0d1018")
_TINT: Final = 0.1
_STEPS: Final = 256

Channels = tuple[int, int, int]


def contrast(one: str, other: str) -> float:
    """Give the ratio of two colours by WCAG, from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def light(color: str) -> str:
    """Give a colour for light pages: itself, or the nearest darker one that can be read."""
    return _moved(color, "#000000", _LIGHT, WHITE)


def dark(color: str) -> str:
    """Give a colour for dark pages: itself, or the nearest brighter one that can be read."""
    return _moved(color, WHITE, _DARK, INK)


def require_readable(field: str, color: str, *, is_dark: bool) -> None:
    """Raise Invalid for a colour that cannot be read there, with the nearest that can."""
    surfaces, filled, nearest = (_DARK, INK, dark(color)) if is_dark else (_LIGHT, WHITE, light(color))
    if nearest == color.lower():
        return
    pages = "dark" if is_dark else "light"
    raise invalid(
        field,
        f"{color} cannot be read well on {pages} pages: its contrast is {_worst(color, surfaces, filled):.1f}:1, and "
        f"WCAG 2.2 AA asks for {LEAST}:1. The nearest that passes is {nearest}.",
        "unreadable_color",
    )


def _moved(color: str, towards: str, surfaces: tuple[str, ...], filled: str) -> str:
    tried = (_mixed(color.lower(), towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(each for each in tried if _worst(each, surfaces, filled) >= LEAST)


def _worst(color: str, surfaces: tuple[str, ...], filled: str) -> float:
    tint = _mixed(surfaces[0], color, _TINT)
    return min(contrast(color, each) for each in (*surfaces, tint, filled))


def _mixed(color: str, other: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _channels(color: str) -> Channels:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    shares = [value / 255 for value in _channels(color)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
