"""The validator's process: what it says, and that silence, crashes and errors never open the gate."""

import asyncio
import os
import signal
from datetime import date

import pytest

from scaicontrol.core.errors import Invalid, Unavailable
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import rule_sets, validation, validator
from tests.factories.documents import document, rows_for
from tests.factories.rule_sets import RULE, stylesheet

TODAY = date(2026, 11, 1)
UBL = einvoices.to_xml(document(), einvoices.Format.ubl)
OFFICIAL = einvoices.chosen("ubl-peppol", TODAY)


def custom(path, text):
    path.write_text(text)
    return rule_sets.RuleSet("Orders", "1.0", "0" * 64, ("ubl-peppol",), path)


async def test_a_violation_names_rule_field_and_fix():
    broken = UBL.replace(b'<cbc:TaxExclusiveAmount currencyID="EUR">', b'<cbc:TaxExclusiveAmount currencyID="EUR">1')
    found = {reason.rule: reason for reason in await validator.run_schematron(broken, OFFICIAL)}
    assert found["BR-CO-13"].field == "totals.without_tax"
    assert found["BR-CO-13"].fix == "Correct the total without VAT."
    assert found["BR-CO-13"].message.startswith("The total without VAT: Invoice total amount without VAT (BT-109) =")


async def test_a_violation_on_a_line_names_the_line():
    broken = UBL.replace(b'unitCode="C62">12<', b'unitCode="ZZZZ">12<')
    assert broken != UBL
    found = {reason.rule: reason for reason in await validator.run_schematron(broken, OFFICIAL)}
    assert "BR-CL-23" in found


async def test_the_schema_speaks_first_and_alone():
    broken = UBL.replace(b"<cbc:IssueDate>2026-11-01</cbc:IssueDate>", b"<cbc:IssueDate>soon</cbc:IssueDate>")
    assert {reason.rule for reason in await validator.run_schematron(broken, OFFICIAL)} == {"XSD"}


@pytest.mark.parametrize(
    "xml",
    [b"<not-closed>", b"", b"\xff\xfe", b'<!DOCTYPE Invoice [<!ENTITY a "b">]><Invoice>&a;</Invoice>'],
)
async def test_what_is_no_document_is_refused(xml):
    found = await validator.run_schematron(xml, OFFICIAL)
    assert {reason.rule for reason in found} == {"XML"}


@pytest.mark.parametrize("flag", ["", 'flag="fatal"', 'flag="error"', 'flag="unheard-of"'])
async def test_a_failure_counts_unless_it_calls_itself_a_warning(tmp_path, flag):
    rules = custom(tmp_path / "orders.xsl", stylesheet("false()", flag=flag))
    assert [reason.rule for reason in await validator.run_schematron(UBL, [rules])] == [RULE]
    rules = custom(tmp_path / "mild.xsl", stylesheet("false()", flag='flag="warning"'))
    assert await validator.run_schematron(UBL, [rules]) == []


@pytest.mark.parametrize(
    ("mark", "refused"),
    [("", True), ('role="error"', True), ('flag="fatal"', True), ('role="warning"', False), ('flag="info"', False)],
)
async def test_a_report_of_what_must_not_be_counts_like_a_failed_assertion(tmp_path, mark, refused):
    """Factur-X says by `successful-report` which elements a profile has not."""
    text = stylesheet("false()", flag=mark).replace("failed-assert", "successful-report")
    found = await validator.run_schematron(UBL, [custom(tmp_path / "reports.xsl", text)])
    assert [reason.rule for reason in found] == ([RULE] if refused else [])


async def test_a_percentage_on_a_line_is_no_part_of_basic():
    rows = rows_for("domestic")
    rows["lines"][0] |= {"amount_cents": 16092, "allowances": [SHARE]}
    made = einvoices.document_from(**rows)
    basic = next(each for each in einvoices.PROFILES[einvoices.Format.facturx] if each.id == "basic")
    assert (await einvoices.validate(made, einvoices.Format.facturx, basic)).is_valid
    written = einvoices.to_xml(made, einvoices.Format.facturx, basic)
    beyond = written.replace(AMOUNT, b"<ram:CalculationPercent>10</ram:CalculationPercent>" + AMOUNT, 1)
    found = await validator.run_schematron(beyond, einvoices.chosen(basic.key, TODAY))
    assert ["'ram:CalculationPercent' is marked as not used" in reason.message for reason in found] == [True]


SHARE = {"amount_cents": 1788, "base_cents": 17880, "percent": "10", "reason": "Loyalty", "reason_code": "95"}
AMOUNT = b"<ram:ActualAmount>17.88</ram:ActualAmount>"


async def test_rules_that_cannot_be_evaluated_have_not_been_passed(tmp_path):
    rules = custom(tmp_path / "orders.xsl", stylesheet("1 div 0 = 1"))
    assert [reason.rule for reason in await validator.run_schematron(UBL, [rules])] == ["dynamic-error"]
    rules = custom(tmp_path / "other.xsl", stylesheet().replace("svrl:schematron-output", "report"))
    assert [reason.rule for reason in await validator.run_schematron(UBL.replace(b"PO-7781", b"X"), [rules])] == [
        "no-report"
    ]


async def test_rules_read_files_beside_them_and_fetch_nothing(tmp_path):
    (tmp_path / "codes.xml").write_text("<codes/>")
    beside = custom(tmp_path / "beside.xsl", stylesheet("exists(document('codes.xml')/codes)"))
    assert await validator.run_schematron(UBL, [beside]) == []
    far = custom(tmp_path / "far.xsl", stylesheet("exists(document('http://127.0.0.1:9/codes.xml'))"))
    assert [reason.rule for reason in await validator.run_schematron(UBL, [far])] == ["dynamic-error"]


async def test_rules_that_do_not_compile_are_refused_with_what_is_wrong(tmp_path):
    for name, text in {"open.xsl": "<xsl:stylesheet", "wrong.xsl": stylesheet("no-such-function()")}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(Invalid, match="does not compile"):
            await validator.try_rules(str(tmp_path / name))


async def test_a_validator_that_takes_too_long_is_killed_and_passes_nothing(tmp_path, monkeypatch):
    endless = "every $a in (1 to 100000), $b in (1 to 100000) satisfies $a * $b ge 0"
    rules = custom(tmp_path / "endless.xsl", stylesheet(endless))
    process = validator._process()
    assert await validator.run_schematron(UBL, OFFICIAL) == []
    monkeypatch.setattr(process, "time_limit", 0.3)
    with pytest.raises(Unavailable, match=r"longer than 0\.3 seconds"):
        await validator.run_schematron(UBL, [rules])
    monkeypatch.undo()
    assert await validator.run_schematron(UBL, OFFICIAL) == []


async def test_a_validator_that_is_killed_at_work_passes_nothing(tmp_path):
    endless = "every $a in (1 to 100000), $b in (1 to 100000) satisfies $a * $b ge 0"
    rules = custom(tmp_path / "endless.xsl", stylesheet(endless))
    process = validator._process()
    await validator.run_schematron(UBL, OFFICIAL)
    (worker,) = process._all
    waiting = asyncio.create_task(validator.run_schematron(UBL, [rules]))
    for _ in range(1000):  # until the document has gone to the process
        await asyncio.sleep(0)
        if not process._idle:
            break
    assert worker.process.pid is not None
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match="ended unexpectedly"):
        await waiting
    assert await validator.run_schematron(UBL, OFFICIAL) == []


async def test_what_could_not_be_run_is_said(monkeypatch):
    monkeypatch.setattr(rule_sets, "is_processor_installed", lambda: False)
    verdict = await einvoices.validate(document(), einvoices.Format.ubl)
    assert verdict.passed == (validation.OWN_CHECKS, str(OFFICIAL[0]))
    assert verdict.not_run == (rule_sets.NO_PROCESSOR,)
    monkeypatch.setattr(rule_sets, "artefacts", lambda: None)
    monkeypatch.setattr(rule_sets, "shipped", lambda: ())
    verdict = await einvoices.validate(document(), einvoices.Format.ubl)
    assert verdict.passed == (validation.OWN_CHECKS,)
    assert verdict.not_run == (rule_sets.NOT_INSTALLED,)


async def test_a_document_knows_what_it_passed():
    verdict = await einvoices.validate(document(), einvoices.Format.cii)
    assert verdict.passed == (validation.OWN_CHECKS, *map(str, einvoices.chosen("cii-en16931", TODAY)))
    assert "EN 16931 UBL 1.3.16 sha256:" in " ".join(map(str, OFFICIAL))
    assert "Factur-X EN 16931 1.09.2 sha256:" in " ".join(verdict.passed)
