# ruff: noqa: RUF001 - words of law in many languages, with their own apostrophes and letters
"""
The sentences the law asks for on a document: in the six languages, and in a word in the language of the seller's state.

The buyer reads the first; the second is what the seller's own tax office looks for.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

from babel.languages import get_official_languages

from scaicontrol.core.i18n import language_or_english, say

from .places import place

NoteKind = Literal["reverse_charge", "export", "outside_scope", "exempt", "intra_community"]

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
        "lt": "Eksportas už ES ribų, be PVM", "lv": "Eksports ārpus ES, bez PVN",
        "nl": "Uitvoer buiten de EU, geen btw",
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


@cache
def state_languages(country_code: str) -> tuple[str, ...]:
    """Name the languages in which a state addresses its taxpayers, the first one first."""
    return get_official_languages(place(country_code).country, de_facto=True) if country_code else ()


def note(kind: NoteKind, language: str | None, *, seller_country: str = "", reason: str = "") -> str:
    """Write a legal note in the document's language, and mention it in the seller's where that is another."""
    written = language_or_english(language)
    text, own = say(f"tax.notes.{kind}", written, reason=reason), state_languages(seller_country)
    if written in own:
        return text
    mentions = [MENTIONS[kind][code] for code in own if code in MENTIONS[kind]][:_MENTIONED]
    return f"{text} ({' / '.join(mentions)})" if mentions else text


_MENTIONED: Final = 2  # Belgium's and Switzerland's third would only make the note longer
