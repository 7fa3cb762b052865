"""What a line of an invoice says, in the buyer's language."""

from collections.abc import Sequence

from scaicontrol.core.i18n import say


def subscription(service: str, plan: str) -> str:
    return f"{service} – {plan}"


def setup(service: str, plan: str, language: str) -> str:
    return f"{service} – {plan}: {say('billing.setup', language)}"


def minimum(service: str, language: str) -> str:
    return f"{service} – {say('billing.usage.minimum', language)}"


def pack(name: str, parts: Sequence[str]) -> str:
    """Name a pack with what is in it."""
    return f"{name} ({', '.join(parts)})"


def usage(service: str, metric: str) -> str:
    return f"{service} – {metric}"


def credit(service: str, plan: str, language: str) -> str:
    return f"{service} – {plan}: {say('billing.proration.credit', language)}"


def corrected(service: str, metric: str, language: str) -> str:
    return f"{service} – {metric}: {say('billing.usage.correction', language)}"


def rest(service: str, plan: str, language: str) -> str:
    return f"{service} – {plan}: {say('billing.proration.rest', language)}"
