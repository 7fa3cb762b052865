"""Whether what somebody wrote as the reason for no VAT is a ground in law: an article, or a code of the VATEX list."""

import re
from itertools import chain
from typing import Final

# European Commission, VATEX as EN 16931 rules 1.3.16 admit it (BT-121, BR-CL-22).
_EU: Final = {
    "": "79-C 135-1 144 146-1E 153 159 309 AE D F G I IC J O",
    "132": "1A 1B 1C 1D 1E 1F 1G 1H 1I 1J 1K 1L 1M 1N 1O 1P 1Q",
    "143": "1A 1B 1C 1D 1E 1F 1FA 1G 1H 1I 1J 1K 1L",
    "148": "A B C D E F G",
    "151": "1A 1AA 1B 1C 1D 1E",
}
_FR: Final = (
    "FRANCHISE CNWVAT AE 298SEXDECIESA CGI261-1 CGI261-2 CGI261-3 CGI261-4 CGI261-5 CGI261-7 CGI261-8 CGI261A CGI261B"
    " CGI261C-1 CGI261C-2 CGI261C-3 CGI261D-1 CGI261D-1BIS CGI261D-2 CGI261D-3 CGI261D-4 CGI261E-1 CGI261E-2 CGI275"
    " CGI277A CGI295"
)
VATEX: Final = frozenset(chain(
    (f"VATEX-EU-{article}" for article in _EU if article),
    (f"VATEX-EU-{article}-{part}".replace("--", "-") for article, parts in _EU.items() for part in parts.split()),
    (f"VATEX-FR-{code}" for code in _FR.split()),
))  # fmt: skip

# An article with its number: "Art. 132 (1) i", "§ 4", "чл. 39"; or behind it: "27 §", "52. pants".
_ARTICLE: Final = re.compile(
    r"(?:[§¶]|\b(?:arts?|artt|arti[ck]el|articles?|articol[oi]|articolul|artículos?|artigos?|artykuł\w*|articulo"
    r"|čl|člen\w*|člán\w*|чл|член|άρθρ\w+)\b)[^\w]*(?:[A-Z]\.? ?)?\d"
    r"|\d[a-z]?\.? ?(?:§|(?:str|straipsn\w*|pant[as]|člen\w*|cikk\w*)\b)",
    re.IGNORECASE,
)
# A law by its name, or by what lawyers call it; and the words for any law, which count with its number only.
_LAW: Final = (
    r"(?:\b(?:wet|\w*gesetz|zákona?|ustaw[ay]|(?:VAT|value[- ]added tax) (?:\w+ )?(?:act|law)|law on (?:VAT|value))\b"
    r"|(?-i:\b(?:UStG|UStDV|MwStSystRL|CGI|Wet OB|WBTW|CTVA|CIVA|LIVA|LIS|D\.?P\.?R|VATA|VATCA|VATR|ML|AVL)\b))"
)
_ANY_LAW: Final = r"\b(?:law|loi|ley|legge|lov|lag|directive|richtlijn|richtlinie|directiva|direttiva|dyrektyw[ay])\b"
# What a law is divided into. Alone it is the number of anything: "Bestellung Nr. 4711", "Purchase order no 5".
_PART: Final = (
    r"\b(?:nr|no|num|número|numéro|lid|par|para|paragraph|paragraaf|paragraphe|sec|section|sections|schedule|group|point"
    r"|punkt|pkt|ust|abs|absatz|al|alinéa|bod|ods|comma|kap|kapitel)\b[^\w]*\d"
)
# "Directive 2006/112/EC", "Law no. 37/1992", "Section 31 of the VAT Act".
_NAMED: Final = re.compile(
    rf"(?:{_LAW}|{_ANY_LAW})[^\w]*(?:n[ro°º]?\.?[^\w]*)?\d|{_PART}.{{0,40}}?{_LAW}|{_LAW}.{{0,40}}?{_PART}",
    re.IGNORECASE,
)

ADVICE: Final = "write the article, such as 'Art. 132 (1) i of Directive 2006/112/EC', or give a VATEX code"


def is_ground_in_law(reason: str | None, code: str | None = None) -> bool:
    """Tell whether a reason names an article or a law with its number, or a code is one of the VATEX list."""
    said = reason or ""
    return code in VATEX or bool(_ARTICLE.search(said) or _NAMED.search(said))
