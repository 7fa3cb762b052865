"""What a tenant pays with: set up at the provider, kept by name here."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import update

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.core.ids import new_id
from scaicontrol.core.payment_ports import INSTALLATION, PaymentProvider, SetupRequest, SetupStart, StoredMethod
from scaicontrol.core.refusals import RefusalCode, conflict, refused
from scaicontrol.core.verbs import verb
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import partners, provider_accounts, tenants
from scaicontrol.services.provider_accounts.reads import account_for, of_provider
from scaicontrol.services.subscriptions.reads import has_running

from .. import queries
from ..events import MethodAdded, MethodRemoved
from ..lifecycle import MethodLifecycle, MethodState
from ..models import PaymentMethod

_ASKED: Final = "setup"
_STORED: Final = "method"


async def enabled_providers(backend: Backend, actor: Actor) -> list[PaymentProvider]:
    """Name the providers the tenant's partner has switched on and through which it takes new money."""
    actor.require("payment_methods:read")
    partner_id = _tenant_of(actor)[0]
    terms = await backend.ask(actor, partners.settings_of, partner_id)
    return await provider_accounts.offered(backend, partner_id, terms.payment_providers)


async def provider(backend: Backend, actor: Actor, slug: str, capability: str | None = None) -> PaymentProvider:
    """Find an enabled provider that can do what is asked, or say why there is none."""
    for found in await enabled_providers(backend, actor):
        if found.slug == slug:
            if capability is not None and capability not in found.capabilities:
                raise refused(
                    RefusalCode.provider_cannot,
                    f"{found.display_name} cannot {capability}.",
                    provider=found.display_name,
                )
            return found
    raise NotFound(f"There is no payment provider {slug} here.")


@verb
async def set_up(backend: Backend, actor: Actor, slug: str, return_url: str) -> SetupStart:
    """
    Begin adding a method at the provider.

    Raises NotFound for an unknown provider, Refused to whoever acts for no tenant and where the provider stores no
    methods.
    """
    actor.require("payment_methods:manage")
    await provider(backend, actor, slug, "setup")
    key = backend.reached(_ASKED) or await backend.perform(actor, _keep_key, backend)
    account_id, request = await backend.ask(actor, _setup_request, slug, return_url, key)
    return await (await provider_accounts.opened(backend, slug, account_id)).setup(request)


async def _keep_key(uow: UnitOfWork, backend: Backend) -> str:
    """Keep what the provider will know this setup by: whoever asks again with the same key gets the same page."""
    uow.authorize("payment_methods:manage")
    key = new_id("sup")
    await backend.keep(uow, _ASKED, key)
    return key


async def _setup_request(uow: UnitOfWork, slug: str, return_url: str, key: str) -> tuple[str, SetupRequest]:
    partner_id, tenant_id = _tenant_of(uow.actor)
    uow.authorize("payment_methods:manage")
    terms = await partners.settings_of(uow, partner_id)
    account_id = await account_for(uow, partner_id, slug, terms.default_currency)
    there = [m for m in await queries.methods(uow, tenant_id) if (m.provider, m.account_id) == (slug, account_id)]
    customer_id = next((m.external_customer_id for m in there if m.external_customer_id is not None), None)
    return account_id, SetupRequest(tenant_id, return_url, terms.default_currency, key, customer_id)


@verb
async def confirm(
    backend: Backend, actor: Actor, slug: str, payload: Mapping[str, Any], *, make_default: bool = True
) -> PaymentMethod:
    """
    Finish adding a method: the provider says what it stored, we keep its name.

    Raises NotFound for an unknown provider, Refused to whoever acts for no tenant and where the provider stores no
    methods.
    """
    actor.require("payment_methods:manage")
    if method_id := backend.reached(_STORED):
        return await backend.ask(actor, queries.method, method_id)
    await provider(backend, actor, slug, "setup")
    account_id, stored = await _confirmed(backend, actor, slug, payload)
    return await backend.perform(actor, _keep_stored, backend, slug, stored, account_id, make_default=make_default)


async def _confirmed(backend: Backend, actor: Actor, slug: str, payload: Mapping[str, Any]) -> tuple[str, StoredMethod]:
    """Give what a setup has stored and where: another account may be preferred since it was begun."""
    tenant_id = _tenant_of(actor)[1]
    unknown: NotFound | None = None
    for account_id in await backend.ask(actor, _accounts_of, slug):
        found = await provider_accounts.opened(backend, slug, account_id)
        try:
            return account_id, await found.confirm(tenant_id, payload)
        except NotFound as error:
            unknown = unknown or error
    raise unknown or NotFound(f"There is no payment provider {slug} here.")


async def _accounts_of(uow: UnitOfWork, slug: str) -> list[str]:
    uow.authorize("payment_methods:manage")
    known = await of_provider(uow, _tenant_of(uow.actor)[0], slug)
    return [each.id for each in known if each.is_open] if known else [INSTALLATION]


async def _keep_stored(
    uow: UnitOfWork, backend: Backend, slug: str, stored: StoredMethod, account_id: str, *, make_default: bool
) -> PaymentMethod:
    known = await store(uow, slug, stored, make_default=make_default, account_id=account_id)
    await backend.keep(uow, _STORED, known.id)
    return known


async def store(
    uow: UnitOfWork,
    provider_slug: str,
    stored: StoredMethod,
    *,
    make_default: bool,
    tenant_id: str | None = None,
    account_id: str = INSTALLATION,
) -> PaymentMethod:
    """Keep a method the provider has confirmed; the same one again is the same row."""
    uow.authorize("payment_methods:manage")
    partner_id, own = _tenant_of(uow.actor) if tenant_id is None else (None, tenant_id)
    name = (provider_slug, account_id, stored.external_id)
    methods = await queries.methods(uow, own)
    known = next((m for m in methods if (m.provider, m.account_id, m.external_id) == name), None)
    if known is None:
        if partner_id is None:
            raise Refused("A payment method is added by its tenant.")
        known = PaymentMethod(
            id=new_id("pmt"),
            tenant_id=own,
            partner_id=partner_id,
            provider=provider_slug,
            account_id=account_id,
            type=stored.type,
            label=stored.label,
            external_customer_id=stored.external_customer_id,
            external_id=stored.external_id,
            last4=stored.last4,
            expires_month=stored.expires_month,
            expires_year=stored.expires_year,
            country_code=stored.country_code,
            mandate_reference=stored.mandate_reference,
            debtor_iban=stored.debtor_iban,
            is_default=False,
            status=MethodState.pending,
        )
        uow.session.add(known)
        known.advance(MethodLifecycle.activate)
        uow.emit(
            MethodAdded(
                method_id=known.id,
                tenant_id=known.tenant_id,
                partner_id=known.partner_id,
                provider=provider_slug,
                type=stored.type,
                country_code=stored.country_code,
            )
        )
        await uow.session.flush()
    if make_default or not any(m.is_default for m in await queries.methods(uow, own)):
        await _make_default(uow, known)
    return known


@verb
async def make_default(uow: UnitOfWork, method_id: str) -> PaymentMethod:
    """
    Charge renewals to this method from now on.

    Raises NotFound, and Refused for a method that is not active.
    """
    uow.authorize("payment_methods:manage")
    found = await queries.method(uow, method_id, lock=True)
    if found.status != MethodState.active:
        raise refused(
            RefusalCode.wrong_status,
            f"Cannot make {found} the default: it is {found.status}.",
            status=str(found.status),
        )
    await _make_default(uow, found)
    return found


async def _make_default(uow: UnitOfWork, method: PaymentMethod) -> None:
    await uow.session.execute(
        update(PaymentMethod)
        .where(PaymentMethod.tenant_id == method.tenant_id, PaymentMethod.id != method.id)
        .values(is_default=False)
    )
    method.is_default = True
    await tenants.note_payment_means(uow, method.tenant_id, method.means)


@verb
async def remove(uow: UnitOfWork, method_id: str) -> None:
    """
    Forget a method; the last one stays while renewals need it, unless the partner takes payment by invoice.

    Raises NotFound, Conflict for the last method that renewals need, Refused for one that is removed already.
    """
    uow.authorize("payment_methods:manage")
    found = await queries.method(uow, method_id, lock=True)
    others = [m for m in await queries.methods(uow, found.tenant_id) if m.id != found.id]
    terms = await partners.settings_of(uow, found.partner_id)
    if not others and not terms.allow_pay_by_invoice and await has_running(uow, found.tenant_id):
        raise conflict(
            RefusalCode.last_payment_method,
            f"{found.label} is the last payment method and renewals are due; add another one first.",
            method=found.label,
        )
    found.advance(MethodLifecycle.remove)
    if found.is_default:
        found.is_default = False
        if others:
            others[0].is_default = True
    await tenants.note_payment_means(uow, found.tenant_id, others[0].means if others else None)
    uow.emit(MethodRemoved(method_id=found.id, tenant_id=found.tenant_id, partner_id=found.partner_id))


def _tenant_of(actor: Actor) -> tuple[str, str]:
    if actor.tenant_id is None or actor.partner_id is None:
        raise Refused("Payment methods belong to a tenant; sign in as one of its people.")
    return actor.partner_id, actor.tenant_id
