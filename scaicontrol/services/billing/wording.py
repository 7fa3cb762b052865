"""What a line of an invoice says, in the buyer's language."""

from typing import Final

_PRORATION: Final = {
    "en": ("Credit for unused time", "Remaining time"),
    "nl": ("Creditering niet-gebruikte periode", "Resterende periode"),
    "de": ("Gutschrift für nicht genutzte Zeit", "Verbleibende Zeit"),
    "fr": ("Avoir pour la période non utilisée", "Période restante"),
    "es": ("Abono por el tiempo no utilizado", "Tiempo restante"),
    "it": ("Accredito per il periodo non utilizzato", "Periodo residuo"),
}


def subscription(service: str, plan: str) -> str:
    return f"{service} – {plan}"


def usage(service: str, metric: str) -> str:
    return f"{service} – {metric}"


def credit(service: str, plan: str, language: str) -> str:
    return f"{service} – {plan}: {_PRORATION.get(language, _PRORATION['en'])[0]}"


def rest(service: str, plan: str, language: str) -> str:
    return f"{service} – {plan}: {_PRORATION.get(language, _PRORATION['en'])[1]}"
