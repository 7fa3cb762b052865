"""The gate: what holding a document against every rule costs over a bare run of schema and Schematron on its file."""

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from scaicontrol.core.processes import Workers
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import Format
from scaicontrol.services.einvoices.document import Document
from tests.factories.documents import CASES, document

from .measure import Goal, Result, Side, compare, profiled
from .world import World

Files = tuple[str, str, tuple[bytes, ...]]


async def gating(_: World, quick: bool) -> list[Result]:
    """Invoices and credit notes of every VAT case, one after the other, as finalizing asks; processes warm."""
    times = 2 if quick else 12
    documents = [document(case, credit=credit) for case in CASES for credit in (False, True)] * times
    return [await _compared(documents, target) for target in (Format.ubl, Format.cii)]


async def _compared(documents: Sequence[Document], target: Format) -> Result:
    schema, rules = einvoices.chosen(einvoices.profile_of(target).key, documents[0].issue_date)
    files = tuple(einvoices.to_xml(each, target) for each in documents)
    bare = Workers(run_bare, "bare validator", time_limit=600)

    async def gate() -> int:
        for each in documents:
            verdict = await einvoices.validate(each, target)
            if verdict.reasons or verdict.not_run:
                raise RuntimeError(f"{verdict.reasons[:2]}, {verdict.not_run}")
        return len(documents)

    async def run() -> int:
        await bare.call((str(schema.path), str(rules.path), files))
        return len(files)

    try:
        await asyncio.gather(gate(), run())  # both compile their rules before the clock starts
        result = await compare(
            f"g. the gate of a document in {target}, over bare schema and rules",
            Side("gate", gate),
            Side("bare run", run),
            sizes=f"{len(documents)} documents of 3 lines",
            kind="cost",
            goal=Goal(most=1.5),
        )
        with profiled(result.notes, top=6):
            await gate()
    finally:
        bare.close()
    return result


def run_bare(job: Files) -> int:
    """Parse, validate and transform each file, and look at nothing; in a process of its own."""
    from lxml import etree

    schema_path, rules_path, files = job
    processor, executable = _compiled(rules_path)
    for xml in files:
        tree = etree.fromstring(xml)
        if not _schema(schema_path, etree.QName(tree).localname).validate(tree):
            raise RuntimeError("A file of the yardstick is not valid.")
        executable.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    return len(files)


@cache
def _schema(path: str, root: str) -> Any:
    from lxml import etree

    return etree.XMLSchema(etree.parse(path if path.endswith(".xsd") else Path(path) / f"UBL-{root}-2.1.xsd"))


@cache
def _compiled(path: str) -> tuple[Any, Any]:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=path)
