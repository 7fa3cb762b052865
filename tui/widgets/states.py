"""States as glyph, word and colour, so that each alone is enough: in sixteen colours, in none, and read aloud."""

from datetime import date, datetime, timedelta

from rich.text import Text

from scaicontrol.core.money import Money

_LOOKS = {
    "good": ("●", "green"),
    "waiting": ("◌", "cyan"),
    "warning": ("▲", "yellow"),
    "bad": ("✖", "bold red"),
    "over": ("○", "dim"),
}
_MEANING = {
    "good": (
        "active", "paid", "sent", "healthy", "completed", "succeeded", "dispatched", "ready", "approved", "applied",
        "on_time", "won", "resolved", "partially_refunded",
    ),
    "waiting": (
        "draft", "pending", "trialing", "finalized", "running", "processing", "pending_approval", "planned", "applying",
        "computing", "requires_action", "rolling_back", "waiting_callback", "waiting_poll", "compensating",
    ),
    "warning": (
        "past_due", "cancelling", "degraded", "suspended", "warning", "opened", "open", "partially_applied", "paused",
        "mismatched", "stale", "deprecated", "rolled_back",
    ),
    "bad": (
        "failed", "dead", "unreachable", "rollback_failed", "critical", "not_ready", "late", "stuck", "bounced",
        "dropped", "lost", "reversed", "gone", "failing", "compensation_failed",
    ),
    "over": (
        "void", "cancelled", "expired", "refunded", "none", "rejected", "discarded", "withdrawn", "skipped",
        "deregistered", "compensated",
    ),
}  # fmt: skip
_KIND = {word: kind for kind, words in _MEANING.items() for word in words}


def state(word: str, label: str | None = None) -> Text:
    """Show a state; an unknown one is shown plainly rather than coloured wrongly."""
    glyph, style = _LOOKS.get(_KIND.get(word, ""), ("·", ""))
    return Text(f"{glyph} {label or word.replace('_', ' ')}", style=style)


def money(cents: int, currency: str) -> Text:
    return Text(str(Money(cents, currency)), justify="right")


def day(moment: date | datetime | None) -> str:
    """Write a day, or a dash; moments are shown by their UTC day."""
    return f"{moment:%Y-%m-%d}" if moment else "–"


def minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "–"


def span(length: timedelta) -> str:
    """Say a length of time in its largest unit."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def progress(done: int, total: int) -> str:
    """Draw how far something is; nothing where there is nothing to do."""
    if not total:
        return "–"
    full = 20 * done // total
    return f"{'█' * full}{'░' * (20 - full)} {done:,} of {total:,}"
