"""What follows from VAT numbers: VIES is asked when one is saved, and people hear when it does not confirm one."""

from html import escape

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.outbox import Outbox
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications, tax, tenants
from scaicontrol.services.tax import VatWarning

_ACTOR = Actor.system("vat_numbers")
_DECIDES_WHETHER = frozenset({"vat_number", "country_code", "is_business"})


async def ask_vies(backend: Backend, fact: Outbox) -> None:
    """A billing profile was saved: ask about its number, unless what changed cannot matter to it."""
    payload = fact.payload or {}
    changed = payload.get("changed_fields")
    if changed is None or _DECIDES_WHETHER & set(changed):
        await tax.consult_tenant(backend, _ACTOR, str(payload["tenant_id"]))


async def apply_vies_answer(backend: Backend, fact: Outbox) -> None:
    """VIES was asked: show the answer on the profile, and warn before the next invoice when it is not a yes."""
    await backend.perform(_ACTOR, _apply, str((fact.payload or {})["consultation_id"]))


async def _apply(uow: UnitOfWork, consultation_id: str) -> None:
    asked = await tax.consultation(uow, consultation_id)
    await tenants.record_vat_answer(uow, asked.tenant_id, asked.vat_number, asked.result, asked.consulted_at)
    if warning := await tax.vat_warning(uow, consultation_id):
        await _warn(uow, warning)


async def _warn(uow: UnitOfWork, warning: VatWarning) -> None:
    """Tell the tenant in the portal and the seller by mail, once for each occasion."""
    title, sentence = warning.words(warning.tenant_language or warning.seller_language)
    await notifications.notify(
        uow,
        tenant_id=warning.tenant_id,
        partner_id=warning.partner_id,
        category="billing",
        severity="warning",
        title=title,
        body=sentence,
        dedup_key=f"vat_number:{warning.occasion}",
        link="/settings/billing-profile",
    )
    if warning.seller_email:
        subject, body = warning.words(warning.seller_language)
        await notifications.queue_mail(
            uow,
            tenant_id=warning.tenant_id,
            partner_id=warning.partner_id,
            kind="vat_number_doubted",
            resource_id=warning.tenant_id,
            step=warning.occasion,
            recipients=[(warning.seller_email, "")],
            subject=subject,
            html=f"<p>{escape(body)}</p>",
        )


async def prove_place(backend: Backend, fact: Outbox) -> None:
    """A payment method was stored: its country is evidence of where the buyer is."""
    payload = fact.payload or {}
    if country := payload.get("country_code"):
        await backend.perform(
            _ACTOR,
            tax.record_proof,
            str(payload["tenant_id"]),
            "payment_method",
            str(country),
            str(payload["method_id"]),
        )
