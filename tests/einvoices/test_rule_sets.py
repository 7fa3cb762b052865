"""Rule sets as data: which one is chosen on a day, what is refused, and that a sealed document keeps its own."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from scaicontrol.services import einvoices
from scaicontrol.services.einvoices import packages, rule_sets
from scaicontrol.services.einvoices.models import InstalledRuleSet
from tests.factories import ada, petra
from tests.factories.documents import document
from tests.factories.rule_sets import RULE, new_rule_set, rules_folder, stylesheet

DAY = date(2026, 11, 1)


def names(sets):
    return [f"{each.name} {each.version}" for each in sets]


def test_a_set_is_chosen_by_the_day_of_issue(tmp_path):
    old = rule_sets.RuleSet("Orders", "1", "a", ("ubl-peppol",), tmp_path, date(2026, 3, 1))
    new = replace(old, version="2", valid_from=date(2026, 9, 1))
    other = replace(old, name="Others", profiles=("cii-en16931",))
    installed = [new, other, old]
    assert [each.version for each in einvoices.chosen("ubl-peppol", date(2026, 2, 28), installed)[2:]] == []
    assert [each.version for each in einvoices.chosen("ubl-peppol", date(2026, 8, 31), installed)[2:]] == ["1"]
    assert [each.version for each in einvoices.chosen("ubl-peppol", date(2026, 9, 1), installed)[2:]] == ["2"]


def test_an_installed_set_takes_the_place_of_a_shipped_one_of_its_name(tmp_path):
    newer = rule_sets.RuleSet("EN 16931 UBL", "1.3.17", "a", ("ubl-peppol",), tmp_path, DAY)
    assert names(einvoices.chosen("ubl-peppol", DAY, [newer]))[1:] == ["EN 16931 UBL 1.3.17"]
    assert names(einvoices.chosen("ubl-peppol", DAY - timedelta(days=1), [newer]))[1:] == ["EN 16931 UBL 1.3.16"]


@pytest.mark.parametrize("profile", einvoices.every_profile())
def test_every_profile_has_a_schema_and_rules_out_of_the_box(profile):
    chosen = einvoices.chosen(profile, DAY)
    assert [each.is_schema for each in chosen] == [True, False]
    assert all(each.path.exists() and len(each.digest) == 64 for each in chosen)


def test_a_digest_is_of_names_and_contents_only():
    assert rule_sets.digest_of({"a": b"1", "b": b"2"}) == rule_sets.digest_of({"b": b"2", "a": b"1"})
    assert rule_sets.digest_of({"a": b"1"}) != rule_sets.digest_of({"a": b"2"}) != rule_sets.digest_of({"c": b"2"})


async def test_an_installed_set_holds_for_documents_from_its_day_on(backend, tmp_path):
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r"), new_rule_set(valid_from=DAY))
    before = await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY - timedelta(days=1))
    since = await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY)
    assert names(since)[:2] == names(before)
    assert names(since)[2:] == ["Orders 1.0"]
    without_order = replace(document(), purchase_order_ref="")
    assert (await einvoices.validate(without_order, einvoices.Format.ubl, rules=before)).is_valid
    verdict = await einvoices.validate(without_order, einvoices.Format.ubl, rules=since)
    assert [(reason.rule, reason.field) for reason in verdict.reasons] == [(RULE, "purchase_order_ref")]
    assert str(since[2]) in (await einvoices.validate(document(), einvoices.Format.ubl, rules=since)).passed


async def test_a_sealed_document_is_judged_by_what_was_installed_when_it_was_sealed(backend, clock, tmp_path):
    sealed_at = clock.now()
    clock.advance(timedelta(days=1))
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r"), new_rule_set())
    now = await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY)
    then = await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY, sealed_at)
    assert len(then) == len(now) - 1


async def test_the_same_set_twice_is_refused(backend, tmp_path):
    folder = rules_folder(tmp_path / "r")
    await einvoices.install(backend, ada, folder, new_rule_set())
    with pytest.raises(Conflict, match=r"Orders 1\.0 is installed already, since"):
        await einvoices.install(backend, ada, folder, new_rule_set())
    with pytest.raises(Conflict, match=r"These are the files of Orders 1\.0"):
        await einvoices.install(backend, ada, folder, new_rule_set(version="2.0", valid_from=date(2027, 1, 1)))


async def test_a_set_may_not_begin_before_the_last_of_its_name(backend, tmp_path):
    folder = rules_folder(tmp_path / "r")
    await einvoices.install(backend, ada, folder, new_rule_set(valid_from=date(2026, 6, 1)))
    rules_folder(folder, stylesheet(rule="ORDER-2"))
    for day in (date(2026, 5, 31), date(2026, 6, 1)):
        with pytest.raises(Conflict, match="valid from 2026-06-01; 2 must begin later"):
            await einvoices.install(backend, ada, folder, new_rule_set(version="2", valid_from=day))
    await einvoices.install(backend, ada, folder, new_rule_set(version="2", valid_from=date(2026, 6, 2)))


async def test_a_retired_set_is_asked_no_more_and_may_be_followed(backend, tmp_path):
    folder = rules_folder(tmp_path / "r")
    await einvoices.install(backend, ada, folder, new_rule_set())
    await backend.perform(ada, einvoices.retire, "Orders", "1.0", "It refuses what is right.")
    assert len(await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY)) == 2
    with pytest.raises(Refused, match="was retired on"):
        await backend.perform(ada, einvoices.retire, "Orders", "1.0", "Again.")
    with pytest.raises(NotFound, match=r"No rule set Orders 9 is installed"):
        await backend.perform(ada, einvoices.retire, "Orders", "9", "Never was.")
    await einvoices.install(backend, ada, folder, new_rule_set(version="1.0.1"))
    assert names(await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY))[2:] == ["Orders 1.0.1"]


async def test_a_dry_run_installs_nothing_and_refuses_the_same(backend, tmp_path):
    folder = rules_folder(tmp_path / "r")
    would = await einvoices.install(backend, ada, folder, new_rule_set(), dry_run=True)
    assert would.digest == packages.read_folder(folder).digest
    assert await backend.ask(ada, einvoices.installed) == []
    rules_folder(folder, "<xsl:stylesheet")
    with pytest.raises(Invalid, match="does not compile"):
        await einvoices.install(backend, ada, folder, new_rule_set(), dry_run=True)


async def test_only_the_platform_installs(backend, tmp_path):
    with pytest.raises(Forbidden):
        await einvoices.install(backend, petra, rules_folder(tmp_path / "r"), new_rule_set())


async def test_a_set_is_for_profiles_that_exist(backend, tmp_path):
    folder = rules_folder(tmp_path / "r")
    for profiles in ((), ("ubl-peppol", "edifact")):
        with pytest.raises(Invalid, match="profile; a rule set is for some of ubl-peppol"):
            await einvoices.install(backend, ada, folder, new_rule_set(profiles=profiles))


async def test_damaged_files_are_noticed(backend, tmp_path):
    await einvoices.install(backend, ada, rules_folder(tmp_path / "r", stylesheet(rule="ORDER-9")), new_rule_set())
    (row,) = await backend.ask(ada, einvoices.installed)
    folder = packages.unpacked(row.digest)
    assert folder is not None
    shutil.rmtree(folder)
    other = packages.read_folder(rules_folder(tmp_path / "other")).archive

    async def damage(uow):
        uow.authorize("einvoice_rules:manage")
        await uow.session.execute(update(InstalledRuleSet).values(archive=other))

    await backend.perform(ada, damage)
    with pytest.raises(Invalid, match="are damaged; install it again"):
        await backend.ask(ada, einvoices.rules_for, "ubl-peppol", DAY)


FOLDERS = {
    "not a folder": (lambda folder: folder.rmdir(), "is not a folder"),
    "empty": (lambda folder: (folder / "README").touch(), "holds no compiled rules"),
    "only a source": (lambda folder: (folder / "rules.sch").write_text("<schema/>"), "must be compiled to XSLT first"),
    "several": (
        lambda folder: [(folder / name).write_text(stylesheet()) for name in ("a.xsl", "b.xslt")],
        r"holds 2 stylesheets \(a\.xsl, b\.xslt\); say which one",
    ),
    "a way out": (lambda folder: (folder / "a.xsl").symlink_to("/etc/hostname"), "leads out of the folder"),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_that_is_no_rule_set_is_refused_by_what_is_wrong_with_it(tmp_path, kind):
    folder = tmp_path / "rules"
    folder.mkdir()
    FOLDERS[kind][0](folder)
    with pytest.raises(Invalid, match=FOLDERS[kind][1]):
        packages.read_folder(folder)
