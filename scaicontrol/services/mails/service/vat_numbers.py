"""People hear when VIES does not confirm a VAT number, before the next invoice is written."""

from html import escape

from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import notifications, tax, tenants
from scaicontrol.services.tax import VatWarning


async def apply_vies_answer(uow: UnitOfWork, consultation_id: str) -> None:
    """Show what VIES said on the profile, and warn before the next invoice when it is not a yes."""
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
