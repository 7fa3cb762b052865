"""
XML against compiled Schematron, by Saxon. Only the validator's own process calls this (`validator`).

Saxon aborts a process in which two threads create a processor at once, and its memory creeps with every document.
"""

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import fromstring as parse_report

from .schema import Finding

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
# A rule speaks by an assertion that failed, or by a report of what must not be: Factur-X has hundreds of the second.
_KINDS = ("failed-assert", "successful-report")
_VIOLATIONS = frozenset(f"{_SVRL}{kind}" for kind in _KINDS)
_PROTOCOLS = "http://saxon.sf.net/feature/allowedProtocols"


def parse(xml: bytes) -> Any:
    """Read a document into Saxon's own tree, once for all rule sets."""
    return _processor().parse_xml(xml_text=xml.decode())


def rule_findings(node: Any, stylesheet: str) -> list[Finding]:
    """Run one rule set over one document; what cannot be evaluated has not been passed."""
    try:
        report = compiled(stylesheet).transform_to_string(xdm_node=node)
    except Exception as error:  # noqa: BLE001 - Saxon has one exception for everything
        return [("dynamic-error", f"The rules could not be evaluated: {error}", "")]
    if not report:
        return [("no-report", "The rules gave no report.", "")]
    if not any(kind in report for kind in _KINDS):
        # Only a report of Schematron may say that all is well by saying nothing.
        return [] if "schematron-output" in report else [("no-report", "The rules gave no Schematron report.", "")]
    said = parse_report(report).iter()  # noqa: S314 - it was written by our own processor
    return [_finding(each) for each in said if each.tag in _VIOLATIONS and _is_fatal(each)]


def compiled(stylesheet: str) -> Any:
    """Compile a stylesheet, once per process and file."""
    return _compiled(stylesheet, Path(stylesheet).stat().st_mtime_ns)


@cache
def _compiled(stylesheet: str, _: int) -> Any:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)


@cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor  # noqa: PLC0415 - an optional package, needed in this process only

    processor = PySaxonProcessor(license=False)
    # The Factur-X rules read a code list beside them; nothing else may be fetched.
    processor.set_configuration_property(_PROTOCOLS, "file")
    return processor


def _is_fatal(said: Element) -> bool:
    """
    Tell whether a rule refuses, by its flag or else its role.

    Factur-X sets neither; what is missing is as fatal as `fatal`, in an assertion and in a report.
    """
    return (said.get("flag") or said.get("role") or "fatal").lower() not in _MILD


_MILD = frozenset({"warning", "warn", "information", "info"})


def _finding(failed: Element) -> Finding:
    text = " ".join("".join(failed.itertext()).split())
    return failed.get("id") or "rule", text, failed.get("location", "")
