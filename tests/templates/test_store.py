"""Saving, publishing and removing templates, and which one a document gets."""

import pytest
from sqlalchemy import select, update

from scaicontrol.core.audit_log import AuditEntry
from scaicontrol.core.errors import Conflict, Forbidden, Invalid, NotFound
from scaicontrol.db.tenant_filter import ScopeViolation
from scaicontrol.services import templates
from scaicontrol.services.templates import TemplateSelection, TemplateType
from scaicontrol.services.templates.models import InvoiceTemplate, InvoiceTemplateVersion
from scaicontrol.services.templates.schemas import DuplicateIn, TemplateFile, TemplatePut
from tests.factories import NORTHWIND, SOUTHBAY, ada, alice, petra, sam
from tests.factories.templates import BY_HAND, INVOICE, draft, live, partner_names, tenant_names, written


async def versions(backend, template, by=petra):
    return list(await backend.ask(by, templates.versions, template.id))


async def test_every_save_is_a_draft_and_publishing_makes_one_live(backend):
    first = await draft(backend)
    assert (first.version, first.published_version) == (1, None)
    saved = await templates.save(
        backend, petra, first.id, TemplatePut(version=1, html_content=BY_HAND + "<p>two", editor_data=None)
    )
    assert (saved.version, saved.published_version) == (2, None)
    shown = await templates.publish(backend, petra, first.id)
    assert (shown.published_version, [each.published_by for each in await versions(backend, shown)]) == (
        2,
        [petra.id, None],
    )
    back = await templates.publish(backend, petra, first.id, 1)
    assert back.published_version == 1
    assert [each.version for each in await versions(backend, shown)] == [2, 1]

    async def told(uow):
        rows = select(AuditEntry.action).where(AuditEntry.resource_id == first.id).order_by(AuditEntry.id)
        return list(await uow.session.scalars(rows))

    assert await backend.ask(ada, told) == [
        "template.saved",
        "template.saved",
        "template.published",
        "template.published",
    ]


async def test_a_stale_save_and_a_taken_name_are_conflicts(backend):
    first = await draft(backend)
    with pytest.raises(Conflict, match="at version 1, not 2"):
        await templates.save(backend, petra, first.id, TemplatePut(version=2, html_content="<p>x"))
    with pytest.raises(Conflict, match="There is a template 'fancy' for invoice already"):
        await draft(backend)
    await draft(backend, language="de")
    await draft(backend, by=sam)
    with pytest.raises(Invalid, match="document type of a template stays"):
        await templates.save(
            backend,
            petra,
            first.id,
            TemplatePut(version=1, html_content="<p>", document_type=TemplateType.credit_note),
        )


async def test_what_is_refused_leaves_nothing(backend):
    with pytest.raises(Invalid, match="Line 2: <script>"):
        await draft(backend, html_content="<p>\n<script>x</script>")
    first = await draft(backend)
    with pytest.raises(Invalid, match="Line 1: There is no variable 'x'"):
        await templates.save(backend, petra, first.id, TemplatePut(version=1, html_content="{{ x }}"))
    assert [each.version for each in await versions(backend, first)] == [1]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("{{ invoice.number }}", r"its number \(Art. 226\(2\)\)"),
        ("{{ invoice.issue_date | date }}", "the date of issue"),
        ("{{ seller.legal_name }}", "the seller's name"),
        ("{{ seller.seller_vat_number }}", "the seller's VAT number"),
        ("{{ buyer.company_name }}", "the buyer's name"),
        ("{{ buyer.vat_number }}", "the buyer's VAT number"),
        ('{{ buyer.address_lines | join: ", " }}', "the buyer's street"),
        ("{{ line.description }}", "the line of 'ScaiDrive Team"),
        ("{{ line.quantity | number }}", "the quantity of"),
        ("{{ line.unit_price | money }}", "the unit price of"),
        ("{{ line.amount | money }}", "the amount of"),
        ("{{ group.base | money }}", "the taxable amount"),
        ("{{ group.rate | percent }}", "the VAT rate"),
        ("{{ group.tax | money }}", "the VAT amount"),
        ("{{ totals.total | money }}", "the total"),
        ("{{ tax.legal_note }}", "the note the law asks for"),
    ],
)
async def test_nothing_goes_live_that_lacks_what_the_law_asks_for(backend, gone, said):
    assert gone in BY_HAND
    incomplete = await draft(backend, html_content=BY_HAND.replace(gone, "", 1))
    with pytest.raises(Invalid, match=said) as refused:
        await templates.publish(backend, petra, incomplete.id)
    assert {reason.code for reason in refused.value.reasons} == {"template_error"}
    assert (await backend.ask(petra, templates.get, incomplete.id)).published_version is None


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("kind", [each for each in TemplateType if not each.is_mail])
async def test_what_the_designer_begins_with_can_go_live(backend, kind):
    begun = await draft(backend, kind, html_content=templates.starter(kind), editor_data={"pages": []})
    assert (await templates.publish(backend, petra, begun.id)).published_version == 1


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_the_designer_sends_no_template_code(backend):
    with pytest.raises(Invalid, match="'if' is template code"):
        await draft(backend, html_content="<p>{% if invoice.notes %}x{% endif %}", editor_data={"pages": []})
    made = await draft(backend, html_content="<p data-if='has_notes'>{{ invoice.notes }}", editor_data={"pages": []})
    assert made.editor_data == {"pages": []}


ORDER = [  # name, language, owner: in the order in which they are taken (contract §19.1)
    ("tenants", "nl", petra),
    ("tenants", "nl", ada),
    ("tenants", None, petra),
    ("tenants", None, ada),
    ("partners", "nl", petra),
    ("partners", "nl", ada),
    ("partners", None, petra),
    ("partners", None, ada),
]


async def test_the_first_that_fits_is_taken(backend):
    stored = []
    for name, language, owner in reversed(ORDER):
        stored.append(await live(backend, TemplateType.email_invoice, name, by=owner, language=language))
    for name, owner in (("tenants", sam), ("other", petra)):
        await live(backend, TemplateType.email_invoice, name, by=owner, language="nl")
    await draft(backend, TemplateType.email_credit_note, "tenants", language="nl")
    wish = TemplateSelection(NORTHWIND, TemplateType.email_invoice, "nl", "tenants", "partners")
    for expected in reversed(stored):
        for actor in (petra, alice, ada):
            found = await backend.ask(actor, templates.resolve, wish)
            assert found.template_id == expected.id
        await backend.perform(ada, templates.delete, expected.id)
    assert await backend.ask(ada, templates.resolve, wish) is None


async def test_a_draft_is_never_taken(backend):
    await draft(backend, TemplateType.email_invoice, "tenants")
    wish = TemplateSelection(NORTHWIND, TemplateType.email_invoice, "nl", "tenants")
    assert await backend.ask(petra, templates.resolve, wish) is None


async def test_what_somebody_relies_on_stays(backend):
    any_language = await live(backend)
    german = await live(backend, language="de")
    await tenant_names(backend, "fancy")
    await backend.perform(petra, templates.delete, german.id)
    with pytest.raises(Conflict, match="1 billing profiles name it"):
        await backend.perform(petra, templates.delete, any_language.id)
    await tenant_names(backend, None)
    await partner_names(backend, "fancy")
    with pytest.raises(Conflict, match="1 sellers name it"):
        await backend.perform(petra, templates.delete, any_language.id)
    await live(backend, by=ada)  # the platform's would take over
    await backend.perform(petra, templates.delete, any_language.id)
    with pytest.raises(NotFound):
        await backend.ask(petra, templates.get, any_language.id)

    async def kept(uow):
        query = select(InvoiceTemplateVersion.html_content).where(InvoiceTemplateVersion.template_id == any_language.id)
        return list(await uow.session.scalars(query))

    assert await backend.ask(petra, kept) == [BY_HAND]


async def test_the_platforms_are_everybodys_to_use_and_to_copy(backend):
    shared = await live(backend, by=ada)
    assert shared.id in [each.id for each in await backend.ask(petra, templates.listing)]
    for verb in (
        templates.publish(backend, petra, shared.id),
        templates.save(backend, petra, shared.id, TemplatePut(version=1, html_content=BY_HAND)),
        backend.perform(petra, templates.delete, shared.id),
    ):
        with pytest.raises(Forbidden, match="it is the platform's; duplicate it"):
            await verb
    copy = await backend.perform(petra, templates.duplicate, shared.id)
    assert (copy.name, copy.owner_partner_id, copy.version, copy.published_version) == ("fancy", NORTHWIND, 1, None)
    again = await backend.perform(petra, templates.duplicate, copy.id)
    assert again.name == "fancy copy"
    german = await backend.perform(petra, templates.duplicate, copy.id, DuplicateIn(language="de"))
    assert (german.name, german.language) == ("fancy", "de")


async def test_another_partners_do_not_exist(backend):
    theirs = await draft(backend, by=sam)
    for question in (templates.get, templates.versions):
        with pytest.raises(NotFound):
            await backend.ask(petra, question, theirs.id)
    assert [each.id for each in await backend.ask(petra, templates.listing)] == []
    with pytest.raises(Invalid, match="your own partner"):
        await draft(backend, owner_partner_id=SOUTHBAY)
    given = await draft(backend, by=ada, name="for southbay", owner_partner_id=SOUTHBAY)
    assert given.owner_partner_id == SOUTHBAY


async def test_nobody_writes_the_platforms_rows_behind_the_verbs(backend):
    shared = await draft(backend, by=ada)

    async def change_all(uow):
        return (await uow.session.execute(update(InvoiceTemplate).values(name="mine"))).rowcount

    async def change_loaded(uow):
        (await uow.session.get(InvoiceTemplate, shared.id)).name = "mine"

    async def add_for_all(uow):
        uow.session.add(
            InvoiceTemplate(
                id="tpl_x", owner_partner_id=SOUTHBAY, name="x", document_type=INVOICE, html_content="", css_content=""
            )
        )

    assert await backend.perform(petra, change_all) == 0
    with pytest.raises(ScopeViolation):
        await backend.perform(alice, change_all)
    for actor in (petra, alice):
        for change in (change_loaded, add_for_all):
            with pytest.raises(ScopeViolation):
                await backend.perform(actor, change)
    assert (await backend.ask(ada, templates.get, shared.id)).name == "fancy"


async def test_templates_travel(backend):
    await live(backend)
    await draft(backend, TemplateType.email_invoice, "mails", language="nl")
    exported = await backend.ask(petra, templates.export)
    assert [(each.name, each.published) for each in exported] == [("fancy", True), ("mails", False)]
    rehearsed = await templates.import_(backend, sam, exported, dry_run=True)
    assert await backend.ask(sam, templates.listing) == []
    brought = await templates.import_(backend, sam, exported)
    assert [each.outcome for each in rehearsed] == [each.outcome for each in brought] == ["created", "created"]
    assert [each.outcome for each in await templates.import_(backend, sam, exported)] == ["unchanged", "unchanged"]
    exported[0].html_content += "<p>more"
    assert [each.outcome for each in await templates.import_(backend, sam, exported)] == ["saved", "unchanged"]
    (first, *_) = await backend.ask(sam, templates.listing)
    assert (first.version, first.published_version, first.owner_partner_id) == (2, None, SOUTHBAY)


async def test_one_bad_file_brings_nothing_in(backend):
    files = [
        TemplateFile(name="good", document_type=INVOICE, html_content=BY_HAND),
        TemplateFile(name="bad", document_type=INVOICE, html_content="<script>"),
    ]
    with pytest.raises(Invalid, match="<script>"):
        await templates.import_(backend, petra, files)
    assert await backend.ask(petra, templates.listing) == []


async def test_a_check_of_what_is_stored_names_what_is_wrong(backend):
    await draft(backend)
    await draft(backend, name="incomplete", html_content="<p>{{ invoice.number }}")
    good, bad = await templates.validate(backend, petra)
    assert (good.is_valid, good.problems) == (True, [])
    assert not bad.is_valid
    assert any("the seller's name" in problem for problem in bad.problems)
    assert await templates.validate(backend, petra, name="nobody's") == []


def test_an_empty_name_of_a_template_is_no_name():
    with pytest.raises(ValueError, match="name"):
        written(name="")
