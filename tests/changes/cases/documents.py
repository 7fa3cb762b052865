"""Documents and what they are written with: invoices, templates."""

from datetime import timedelta

from scaicontrol.core.actor import Actor
from scaicontrol.services import invoice_links, invoices
from scaicontrol.services.invoices.schemas import CreditIn, DraftLineIn, InvoiceIn, InvoicePatch, LineIn, MarkPaidIn
from scaicontrol.services.templates.schemas import DesignedLanguage, DesignIn, DuplicateIn, TemplateFile, TemplatePut
from tests.factories import ACME, NORTHWIND, petra
from tests.factories.invoices import a_draft, a_line, finalized, rendered, sent
from tests.factories.subscriptions import CLOCK
from tests.factories.templates import BY_HAND, INVOICE, draft, live, written

from .case import Case, Stage, case


def _lines() -> list[DraftLineIn]:
    return [a_line(1900), a_line(500, description="Setup")]


@case("invoices.draft")
async def _(stage: Stage) -> Case:
    lines = [LineIn(description="Advice", unit_price_cents=9000)]
    return Case({"data": InvoiceIn(tenant_id=ACME, currency="EUR", lines=lines)})


@case("invoices.update")
async def _(stage: Stage) -> Case:
    made = await a_draft(stage.backend, *_lines())
    lines = [LineIn(description="Advice", unit_price_cents=9000)]
    return Case({"invoice_id": made.id, "data": InvoicePatch(notes="Thank you.", lines=lines, version=1)})


@case("invoices.delete")
async def _(stage: Stage) -> Case:
    return Case({"invoice_id": (await a_draft(stage.backend, *_lines())).id})


@case("invoices.order_lines")
async def _(stage: Stage) -> Case:
    made = await a_draft(stage.backend, *_lines())
    return Case({"invoice_id": made.id, "line_ids": [line.id for line in reversed(made.lines)]})


@case("invoices.sort_lines_by_date")
async def _(stage: Stage) -> Case:
    now = stage.clock.now()
    later, sooner = (
        a_line(period_start=now + timedelta(days=days), period_end=now + timedelta(days=days + 1)) for days in (9, 2)
    )
    return Case({"invoice_id": (await a_draft(stage.backend, later, sooner)).id})


@case("invoices.finalize")
async def _(stage: Stage) -> Case:
    return Case({"invoice_id": (await a_draft(stage.backend, *_lines())).id})


@case("invoice_links.revoke")
async def _(stage: Stage) -> Case:
    made = await rendered(stage.backend)
    mailer = Actor.system("mails")
    await stage.backend.perform(mailer, invoice_links.prepare, made, "delivery:1")
    return Case({"invoice_id": made.id})


@case("documents.send")
async def _(stage: Stage) -> Case:
    return Case({"invoice_id": (await rendered(stage.backend)).id})


@case("statements.remind")
async def _(stage: Stage) -> Case:
    late = await sent(stage.backend)
    stage.clock.advance(timedelta(days=40))
    await stage.backend.perform(CLOCK, invoices.mark_overdue)
    return Case({"invoice_id": late.id})


@case("invoices.mark_paid")
async def _(stage: Stage) -> Case:
    paid = MarkPaidIn(amount_cents=1000, paid_at=stage.clock.now(), reference="ABN 4711", method="transfer")
    return Case({"invoice_id": (await sent(stage.backend)).id, "data": paid})


@case("invoices.credit")
async def _(stage: Stage) -> Case:
    data = CreditIn(amount_cents=605, basis="gross", reason="Goodwill")
    return Case({"invoice_id": (await sent(stage.backend)).id, "data": data})


@case("invoices.credit", "at once")
async def _(stage: Stage) -> Case:
    data = CreditIn(amount_cents=605, basis="gross", reason="Goodwill", finalize=True)
    return Case({"invoice_id": (await sent(stage.backend)).id, "data": data})


@case("invoices.void")
async def _(stage: Stage) -> Case:
    return Case({"invoice_id": (await finalized(stage.backend)).id, "reason": "Sent to the wrong customer."})


@case("documents.regenerate_pdf")
async def _(stage: Stage) -> Case:
    return Case({"invoice_id": (await finalized(stage.backend)).id, "reason": "The logo changed."})


@case("templates.create")
async def _(stage: Stage) -> Case:
    return Case({"data": written()}, petra)


@case("templates.save")
async def _(stage: Stage) -> Case:
    made = await draft(stage.backend)
    return Case({"template_id": made.id, "data": TemplatePut(version=1, html_content=BY_HAND + "<p>More</p>")}, petra)


@case("templates.publish")
async def _(stage: Stage) -> Case:
    return Case({"template_id": (await draft(stage.backend)).id}, petra)


@case("templates.duplicate")
async def _(stage: Stage) -> Case:
    return Case({"template_id": (await live(stage.backend)).id, "data": DuplicateIn(name="winter")}, petra)


@case("templates.delete")
async def _(stage: Stage) -> Case:
    return Case({"template_id": (await draft(stage.backend)).id}, petra)


@case("templates.import_")
async def _(stage: Stage) -> Case:
    await draft(stage.backend)
    written = {
        name: TemplateFile(name=name, document_type=INVOICE, html_content=BY_HAND + name) for name in ("fancy", "new")
    }
    return Case({"files": list(written.values())}, petra)


@case("templates.save_design")
async def _(stage: Stage) -> Case:
    await draft(stage.backend)
    drawn = DesignedLanguage(language="de", version=0, html_content="<p>{{ invoice.number }}</p>")
    work = DesignIn(name="fancy", document_type=INVOICE, owner_partner_id=NORTHWIND, languages=[drawn])
    return Case({"data": work}, petra)
