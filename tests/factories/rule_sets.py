"""A rule set small enough to read: it refuses UBL documents without an order reference."""

from datetime import date
from pathlib import Path
from typing import Any

from scaicontrol.services import einvoices

_UBL = 'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
RULE = "ORDER-1"


def stylesheet(test: str = "/*/cac:OrderReference", *, flag: str = 'flag="fatal"', rule: str = RULE) -> str:
    return f"""<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:svrl="http://purl.oclc.org/dsdl/svrl" {_UBL}>
  <xsl:template match="/">
    <svrl:schematron-output>
      <xsl:if test="not({test})">
        <svrl:failed-assert id="{rule}" {flag} location="/*">
          <svrl:text>[{rule}]-An order reference (BT-13) is missing.</svrl:text>
        </svrl:failed-assert>
      </xsl:if>
    </svrl:schematron-output>
  </xsl:template>
</xsl:stylesheet>"""


def rules_folder(folder: Path, text: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "orders.xsl").write_text(stylesheet() if text is None else text)
    return folder


def new_rule_set(**changes: Any) -> einvoices.NewRuleSet:
    given = {
        "name": "Orders",
        "version": "1.0",
        "profiles": ("ubl-peppol",),
        "valid_from": date(2026, 1, 1),
        "source": "https://rules.example/orders-1.0.zip",
    }
    return einvoices.NewRuleSet(**{**given, **changes})
