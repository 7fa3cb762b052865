"""How each verb is undone: by its opposite, by a verb that compensates, or not at all."""

from typing import Final

from .schemas import Reversal

_UNDONE: Final = {
    "accounting.deactivate": "accounting.update",
    "billing.plan": "billing.discard",
    "credits.keep": "credits.keep",
    "catalog.add_override": "catalog.remove_override",
    "catalog.create": "catalog.deactivate",
    "catalog.deactivate": "catalog.update",
    "catalog.update": "catalog.update",
    "identity.grant": "identity.revoke",
    "identity.grant_to_group": "identity.revoke_from_group",
    "identity.revoke": "identity.grant",
    "identity.revoke_from_group": "identity.grant_to_group",
    "invoices.draft": "invoices.delete",
    "invoices.order_lines": "invoices.order_lines",
    "invoices.update": "invoices.update",
    "packs.cancel": "packs.resume",
    "packs.create": "packs.delete",
    "packs.delete": "packs.update",
    "packs.resume": "packs.cancel",
    "packs.suspend": "packs.resume",
    "packs.update": "packs.update",
    "partners.configure": "partners.configure",
    "payments.make_default": "payments.make_default",
    "registry.update": "registry.update",
    "subscriptions.cancel": "subscriptions.resume",
    "subscriptions.change_plan": "subscriptions.change_plan",
    "subscriptions.override": "subscriptions.override",
    "subscriptions.resume": "subscriptions.cancel",
    "subscriptions.suspend": "subscriptions.resume",
    "templates.create": "templates.delete",
    "templates.duplicate": "templates.delete",
    "templates.publish": "templates.publish",
    "templates.save": "templates.save",
    "tenants.save_billing_profile": "tenants.save_billing_profile",
    "tenants.update_preferences": "tenants.update_preferences",
    "webhooks.create": "webhooks.delete",
    "webhooks.update": "webhooks.update",
}
_COMPENSATED: Final = {
    "billing.apply": "invoices.credit",
    "invoices.apply_credit": "invoices.credit",
    "invoices.finalize": "invoices.credit",
    "invoices.mark_paid": "payments.pay_back",
    "payments.pay": "payments.refund",
    "payments.retry": "payments.refund",
    "provisioning.subscribe": "subscriptions.cancel",
    "provisioning.subscribe_pack": "packs.cancel",
    "tax.add_exchange_rate": "tax.add_exchange_rate",
    "tax.add_rate": "tax.add_rate",
    "wallets.grant": "wallets.expire",
    "wallets.top_up": "wallets.refund",
}


def reversal_of(action: str) -> Reversal:
    if action in _UNDONE:
        return Reversal(kind="yes", action=_UNDONE[action])
    if action in _COMPENSATED:
        return Reversal(kind="by_compensation", action=_COMPENSATED[action])
    return Reversal(kind="no")
