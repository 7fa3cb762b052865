"""Code lists as EN 16931 1.3.16 and Peppol BIS Billing 3.0.21 admit them, as far as a document of ours uses them."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeList:
    """The codes of a published list; `version` and `source` say which, so that a refusal can be looked up."""

    name: str
    version: str
    source: str
    codes: frozenset[str]

    def __contains__(self, code: str) -> bool:
        return code in self.codes

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


_ROUTED = frozenset({
    "0002", "0007", "0009", "0060", "0088", "0096", "0097", "0106", "0130", "0135", "0142", "0151", "0158",
    "0183", "0184", "0188", "0190", "0191", "0192", "0195", "0196", "0198", "0199", "0200", "0201", "0204",
    "0208", "0209", "0210", "0211", "0216", "0218", "0221", "0225", "0230", "0235", "0240", "0242", "0244",
    "0245", "0246", "0248",
    "9910", "9913", "9914", "9915", "9918", "9919", "9920", "9922", "9923", "9924", "9925", "9926", "9927",
    "9928", "9929", "9930", "9931", "9932", "9933", "9934", "9935", "9936", "9937", "9938", "9939", "9940",
    "9941", "9942", "9943", "9944", "9945", "9946", "9947", "9948", "9949", "9950", "9951", "9952", "9953",
    "9957", "9959",
})  # fmt: skip
_UNROUTED = frozenset({
    "0037", "0147", "0154", "0170", "0177", "0193", "0194", "0202", "0203", "0205", "0212", "0213", "0215",
    "0217", "0219", "0220", "AN", "AQ", "AS", "AU", "EM",
})  # fmt: skip

# BT-34-1 and BT-49-1 as Peppol routes them: it knows neither e-mail (EM) nor the EDI mailboxes, nor schemes it retired.
PEPPOL_EAS = CodeList(
    "Peppol electronic address schemes",
    "3.0.21",
    "OpenPeppol, BIS Billing 3.0.21, code list eaid (mandatory since 2026-08-17)",
    _ROUTED,
)
# The same as EN 16931 admits them.
EAS = CodeList(
    "CEF electronic address schemes",
    "1.3.16",
    "European Commission, EN 16931 rules 1.3.16, BR-CL-25",
    _ROUTED | _UNROUTED,
)

# UNCL 4461, BT-81.
PAYMENT_MEANS = frozenset([*map(str, [*range(1, 71), *range(74, 79), *range(91, 99)]), "ZZZ"])

# UN/ECE Recommendations 20 and 21, BT-130: the form of a code; the 2,162 codes themselves are in the official rules.
UNIT = re.compile(r"[A-Z0-9]{2,3}")

# UNCL 5189, BT-98 and BT-140: why something is taken off.
DISCOUNTS = frozenset(map(str, [41, 42, 60, *range(62, 69), 70, 71, 88, 95, 100, *range(102, 106)]))

# UNCL 1001, BT-3, as far as we write them.
TYPES = frozenset({"380", "381"})
