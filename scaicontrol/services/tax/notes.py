# ruff: noqa: E501 - sentences of law in six languages, with their own apostrophes
"""The sentences the law asks for on a document, in the six languages and, for the reverse charge, the seller's own."""

from typing import Literal, get_args

from .places import place

Language = Literal["en", "nl", "de", "fr", "es", "it"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

NoteKind = Literal["reverse_charge", "export", "outside_scope", "exempt", "zero_rated"]

_NOTES: dict[NoteKind, dict[Language, str]] = {
    "reverse_charge": {
        "en": "Reverse charge: VAT is due from the recipient, Art. 196 of the EU VAT Directive (2006/112/EC).",
        "nl": "Btw verlegd: de btw is verschuldigd door de afnemer, art. 196 van de EU-btw-richtlijn (2006/112/EG).",
        "de": "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge), Art. 196 der EU-Mehrwertsteuer-Systemrichtlinie (2006/112/EG).",
        "fr": "Autoliquidation : la TVA est due par le preneur, art. 196 de la directive TVA de l’UE (2006/112/CE).",
        "es": "Inversión del sujeto pasivo: el IVA lo adeuda el destinatario, art. 196 de la Directiva del IVA de la UE (2006/112/CE).",
        "it": "Inversione contabile: l’IVA è dovuta dal destinatario, art. 196 della direttiva IVA dell’UE (2006/112/CE).",
    },
    "export": {
        "en": "Export outside the EU: VAT is not applicable.",
        "nl": "Uitvoer buiten de EU: btw is niet van toepassing.",
        "de": "Ausfuhr außerhalb der EU: Mehrwertsteuer fällt nicht an.",
        "fr": "Exportation hors de l’UE : TVA non applicable.",
        "es": "Exportación fuera de la UE: IVA no aplicable.",
        "it": "Esportazione fuori dall’UE: IVA non applicabile.",
    },
    "outside_scope": {
        "en": "Not subject to VAT: the supplier is established outside the EU.",
        "nl": "Niet onderworpen aan btw: de leverancier is buiten de EU gevestigd.",
        "de": "Nicht steuerbar: Der Leistungserbringer ist außerhalb der EU ansässig.",
        "fr": "Non soumis à la TVA : le prestataire est établi hors de l’UE.",
        "es": "No sujeto al IVA: el proveedor está establecido fuera de la UE.",
        "it": "Non soggetto a IVA: il fornitore è stabilito fuori dall’UE.",
    },
    "exempt": {
        "en": "Exempt from VAT: {reason}",
        "nl": "Vrijgesteld van btw: {reason}",
        "de": "Von der Mehrwertsteuer befreit: {reason}",
        "fr": "Exonéré de TVA : {reason}",
        "es": "Exento de IVA: {reason}",
        "it": "Esente da IVA: {reason}",
    },
    "zero_rated": {
        "en": "Zero-rated supply.",
        "nl": "Levering tegen nultarief.",
        "de": "Umsatz zum Nullsatz.",
        "fr": "Opération au taux zéro.",
        "es": "Operación a tipo cero.",
        "it": "Operazione ad aliquota zero.",
    },
}

# VAT Directive Art. 226 (11a): the mention, in the words of each language version.
_REVERSE_CHARGE_MENTION = {
    "BG": "Обратно начисляване",
    "CZ": "Daň odvede zákazník",
    "DK": "Omvendt betalingspligt",
    "DE": "Steuerschuldnerschaft des Leistungsempfängers",
    "AT": "Steuerschuldnerschaft des Leistungsempfängers",
    "EE": "Pöördmaksustamine",
    "GR": "Αντίστροφη επιβάρυνση",
    "CY": "Αντίστροφη επιβάρυνση",
    "ES": "Inversión del sujeto pasivo",
    "FR": "Autoliquidation",
    "LU": "Autoliquidation",
    "BE": "Btw verlegd / Autoliquidation",
    "HR": "Prijenos porezne obveze",
    "IT": "Inversione contabile",
    "LV": "Nodokļa apgrieztā maksāšana",
    "LT": "Atvirkštinis apmokestinimas",
    "HU": "Fordított adózás",
    "NL": "Btw verlegd",
    "PL": "Odwrotne obciążenie",
    "PT": "Autoliquidação",
    "RO": "Taxare inversă",
    "SK": "Prenesenie daňovej povinnosti",
    "SI": "Obrnjena davčna obveznost",
    "FI": "Käännetty verovelvollisuus",
    "SE": "Omvänd betalningsskyldighet",
}


def language_or_english(code: str | None) -> Language:
    """Give the language when documents are written in it, else English."""
    short = (code or "en").lower()[:2]
    return next((language for language in LANGUAGES if language == short), "en")


def note(kind: NoteKind, language: str | None, *, seller_country: str = "", reason: str = "") -> str:
    """Write a legal note; a reverse charge also carries the mention in the language of the seller's state."""
    text = _NOTES[kind][language_or_english(language)].format(reason=reason)
    if kind != "reverse_charge":
        return text
    mention = _REVERSE_CHARGE_MENTION.get(place(seller_country).country, "") if seller_country else ""
    return text if not mention or mention.lower() in text.lower() else f"{text} ({mention})"
