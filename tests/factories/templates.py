"""Templates as people write them: by hand, or in the designer."""

from typing import Any

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, templates, tenants
from scaicontrol.services.templates import TemplateType
from scaicontrol.services.templates.models import InvoiceTemplate
from scaicontrol.services.templates.schemas import TemplateIn
from scaicontrol.services.templates.service.store import put_live

from . import ACME, NORTHWIND, ada, petra

INVOICE, CREDIT_NOTE = TemplateType.invoice, TemplateType.credit_note
BY_HAND = """<h1>{{ labels.invoice }} {{ invoice.number }}</h1>
<p>{{ seller.legal_name }}, {{ seller.address_lines | join: ", " }}, {{ seller.seller_vat_number }}</p>
<p>{{ buyer.company_name }}, {{ buyer.address_lines | join: ", " }} {{ buyer.vat_number }}</p>
<p>{{ invoice.issue_date | date }}{% if invoice.period_end %}, {{ invoice.period_end | date }}{% endif %}
{{ invoice.referenced_number }}</p>
<table>
  {% for line in lines %}
  <tr>
    <td>{{ line.description }}{% if line.period_end %} ({{ line.period_end | date: "short" }}){% endif %}</td>
    <td>{{ line.quantity | number }}</td>
    <td>{{ line.unit_price | money }}</td>
    <td>{{ line.amount | money }}</td>
  </tr>
  {% endfor %}
</table>
{% for group in totals.groups %}
<p>{{ group.base | money }} {{ group.rate | percent }} {{ group.tax | money }}</p>
{% endfor %}
<p>{{ totals.tax | money }} {{ totals.total | money }} {{ totals.due | money }}</p>
<p>{{ tax.legal_note }}</p>
"""
REMINDER = """<h1>Reminder {{ reminder.level }} of {{ invoice.number }}</h1>
<p>{{ seller.legal_name }} to {{ buyer.company_name }}</p>
<p>Please pay {{ reminder.amount_due | money }}, {{ reminder.days_overdue | number }} days late.</p>
"""
STATEMENT = """<h1>Account of {{ buyer.company_name }}</h1>
<p>{{ statement.from | date }} to {{ statement.to | date }}</p>
{% for entry in statement.entries %}
<p>{{ entry.document }} {{ entry.text }} {{ entry.debit | money }} {{ entry.credit | money }}</p>
{% endfor %}
<p>Open: {{ statement.closing | money }}</p>
"""
_BY_HAND = {TemplateType.payment_reminder: REMINDER, TemplateType.statement: STATEMENT}


def written(kind: TemplateType = INVOICE, name: str = "fancy", **fields: Any) -> TemplateIn:
    """A template by hand that shows everything the law asks for; a mail says the number."""
    content = {"subject": "About {{ seller.trade_name }}", "html_content": "<p>Hello {{ recipient.name }}</p>"}
    given = content if kind.is_mail else {"html_content": _BY_HAND.get(kind, BY_HAND)}
    return TemplateIn.model_validate({"name": name, "document_type": kind, **given, **fields})


async def draft(
    backend: Backend, kind: TemplateType = INVOICE, name: str = "fancy", *, by: Actor = petra, **fields: Any
) -> InvoiceTemplate:
    return await templates.create(backend, by, written(kind, name, **fields))


async def live(
    backend: Backend, kind: TemplateType = INVOICE, name: str = "fancy", *, by: Actor = petra, **fields: Any
) -> InvoiceTemplate:
    """A template that documents are made with; it was judged by the real gate only where the renderer is real."""
    made = await draft(backend, kind, name, by=by, **fields)
    return await backend.perform(by, put_live, made.id, 1)


async def tenant_names(backend: Backend, name: str | None, tenant_id: str = ACME, **fields: Any) -> None:
    """Let a tenant choose its templates by name."""

    async def choose(uow: UnitOfWork) -> None:
        profile = await tenants.billing_profile(uow, tenant_id)
        assert profile is not None
        profile.invoice_template_name = profile.email_template_name = name
        for field, value in fields.items():
            setattr(profile, field, value)

    await backend.perform(ada, choose)


async def partner_names(backend: Backend, name: str | None, partner_id: str = NORTHWIND) -> None:
    """Let a partner choose its templates by name."""

    async def choose(uow: UnitOfWork) -> None:
        terms = await partners.settings_of(uow, partner_id)
        terms.invoice_template_name = terms.email_template_name = name

    await backend.perform(ada, choose)
