# ruff: noqa: E501, RUF001 - sentences of law in many languages, with their own apostrophes and letters
"""
The sentences the law asks for on a document: in the six languages, and in a word in the language of the seller's state.

The buyer reads the first; the second is what the seller's own tax office looks for.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, get_args

from babel.languages import get_official_languages

from .places import place

Language = Literal["en", "nl", "de", "fr", "es", "it"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

NoteKind = Literal["reverse_charge", "export", "outside_scope", "exempt", "intra_community"]

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
    "intra_community": {
        "en": "Intra-Community supply of goods, exempt under Art. 138 of the EU VAT Directive (2006/112/EC).",
        "nl": "Intracommunautaire levering van goederen, vrijgesteld op grond van art. 138 van de EU-btw-richtlijn (2006/112/EG).",
        "de": "Innergemeinschaftliche Lieferung, steuerfrei nach Art. 138 der EU-Mehrwertsteuer-Systemrichtlinie (2006/112/EG).",
        "fr": "Livraison intracommunautaire de biens, exonérée en vertu de l’art. 138 de la directive TVA de l’UE (2006/112/CE).",
        "es": "Entrega intracomunitaria de bienes, exenta según el art. 138 de la Directiva del IVA de la UE (2006/112/CE).",
        "it": "Cessione intracomunitaria di beni, non imponibile ai sensi dell’art. 138 della direttiva IVA dell’UE (2006/112/CE).",
    },
}

# By ISO 639 code. For the reverse charge the words of Art. 226 (11a) of the VAT Directive in each language version; a
# supplier outside the EU VAT area sits in one of its territories, or in a state whose language is among the six.
MENTIONS: Final[Mapping[NoteKind, Mapping[str, str]]] = {
    "reverse_charge": {
        "bg": "Обратно начисляване", "cs": "Daň odvede zákazník", "da": "Omvendt betalingspligt",
        "de": "Steuerschuldnerschaft des Leistungsempfängers", "el": "Αντίστροφη επιβάρυνση", "en": "Reverse charge",
        "es": "Inversión del sujeto pasivo", "et": "Pöördmaksustamine", "fi": "Käännetty verovelvollisuus",
        "fr": "Autoliquidation", "hr": "Prijenos porezne obveze", "hu": "Fordított adózás",
        "it": "Inversione contabile", "lt": "Atvirkštinis apmokestinimas", "lv": "Nodokļa apgrieztā maksāšana",
        "nl": "Btw verlegd", "pl": "Odwrotne obciążenie", "pt": "Autoliquidação", "ro": "Taxare inversă",
        "sk": "Prenesenie daňovej povinnosti", "sl": "Obrnjena davčna obveznost", "sv": "Omvänd betalningsskyldighet",
    },
    "export": {
        "bg": "Износ извън ЕС, без ДДС", "cs": "Vývoz mimo EU, bez DPH", "da": "Eksport uden for EU, uden moms",
        "de": "Ausfuhr außerhalb der EU, ohne Mehrwertsteuer", "el": "Εξαγωγή εκτός ΕΕ, χωρίς ΦΠΑ",
        "en": "Export outside the EU, no VAT", "es": "Exportación fuera de la UE, sin IVA",
        "et": "Eksport väljapoole ELi, käibemaksuta", "fi": "Vienti EU:n ulkopuolelle, ei arvonlisäveroa",
        "fr": "Exportation hors de l’UE, sans TVA", "hr": "Izvoz izvan EU-a, bez PDV-a",
        "hu": "EU-n kívüli kivitel, áfa nélkül", "it": "Esportazione fuori dall’UE, senza IVA",
        "lt": "Eksportas už ES ribų, be PVM", "lv": "Eksports ārpus ES, bez PVN", "nl": "Uitvoer buiten de EU, geen btw",
        "pl": "Eksport poza UE, bez VAT", "pt": "Exportação para fora da UE, sem IVA",
        "ro": "Export în afara UE, fără TVA", "sk": "Vývoz mimo EÚ, bez DPH", "sl": "Izvoz zunaj EU, brez DDV",
        "sv": "Export utanför EU, utan moms",
    },
    "outside_scope": {
        "de": "Nicht steuerbar", "el": "Εκτός πεδίου ΦΠΑ", "en": "Not subject to VAT", "es": "No sujeto al IVA",
        "fi": "Ei arvonlisäveron alainen", "fr": "Non soumis à la TVA", "it": "Non soggetto a IVA",
        "nl": "Niet onderworpen aan btw", "sv": "Omfattas inte av moms",
    },
    "exempt": {
        "bg": "Освободено от ДДС", "cs": "Osvobozeno od DPH", "da": "Fritaget for moms",
        "de": "Von der Mehrwertsteuer befreit", "el": "Απαλλάσσεται από ΦΠΑ", "en": "Exempt from VAT",
        "es": "Exento de IVA", "et": "Käibemaksuvaba", "fi": "Vapautettu arvonlisäverosta", "fr": "Exonéré de TVA",
        "hr": "Oslobođeno PDV-a", "hu": "Áfamentes", "it": "Esente da IVA", "lt": "Neapmokestinama PVM",
        "lv": "Atbrīvots no PVN", "nl": "Vrijgesteld van btw", "pl": "Zwolnione z VAT", "pt": "Isento de IVA",
        "ro": "Scutit de TVA", "sk": "Oslobodené od DPH", "sl": "Oproščeno DDV", "sv": "Undantaget från moms",
    },
    "intra_community": {
        "bg": "Вътреобщностна доставка", "cs": "Dodání zboží do jiného členského státu",
        "da": "Levering inden for EU", "de": "Innergemeinschaftliche Lieferung", "el": "Ενδοκοινοτική παράδοση",
        "en": "Intra-Community supply", "es": "Entrega intracomunitaria", "et": "Ühendusesisene käive",
        "fi": "Yhteisömyynti", "fr": "Livraison intracommunautaire", "hr": "Isporuka unutar EU-a",
        "hu": "Közösségen belüli értékesítés", "it": "Cessione intracomunitaria", "lt": "Prekių tiekimas ES viduje",
        "lv": "Piegāde ES iekšienē", "nl": "Intracommunautaire levering",
        "pl": "Wewnątrzwspólnotowa dostawa towarów", "pt": "Transmissão intracomunitária",
        "ro": "Livrare intracomunitară", "sk": "Dodanie tovaru do iného členského štátu",
        "sl": "Dobava znotraj Unije", "sv": "Unionsintern varuleverans",
    },
}  # fmt: skip


def language_or_english(code: str | None) -> Language:
    """Give the language when documents are written in it, else English."""
    short = (code or "en").lower()[:2]
    return next((language for language in LANGUAGES if language == short), "en")


@cache
def state_languages(country_code: str) -> tuple[str, ...]:
    """Name the languages in which a state addresses its taxpayers, the first one first."""
    return get_official_languages(place(country_code).country, de_facto=True) if country_code else ()


def note(kind: NoteKind, language: str | None, *, seller_country: str = "", reason: str = "") -> str:
    """Write a legal note in the document's language, and mention it in the seller's where that is another."""
    written = language_or_english(language)
    text, own = _NOTES[kind][written].format(reason=reason), state_languages(seller_country)
    if written in own:
        return text
    mentions = [MENTIONS[kind][code] for code in own if code in MENTIONS[kind]][:_MENTIONED]
    return f"{text} ({' / '.join(mentions)})" if mentions else text


_MENTIONED: Final = 2  # Belgium's and Switzerland's third would only make the note longer
