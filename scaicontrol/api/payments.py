from collections.abc import Sequence
from typing import Annotated

from fastapi import Request

from scaicontrol.core.actor import Actor
from scaicontrol.core.backend import Backend
from scaicontrol.core.errors import Refused
from scaicontrol.core.pagination import Page
from scaicontrol.core.payment_ports import SetupStart
from scaicontrol.core.work import UnitOfWork
from scaicontrol.services import payments
from scaicontrol.services.payments.models import Dispute, Payment, PaymentMethod, Refund
from scaicontrol.services.payments.schemas import (
    ConfirmIn,
    DisputeCloseIn,
    DisputeFilter,
    DisputeIn,
    DisputeOut,
    MethodIn,
    MismatchIn,
    PayIn,
    PaymentFilter,
    PaymentMethodOut,
    PaymentOut,
    ProviderOut,
    PublicConfigOut,
    ReceivedOut,
    RefundedOut,
    RefundIn,
    RefundOut,
    RemovedOut,
    SetupIn,
    SetupOut,
)

from .door import Many, One, Paged, Paging, Router, narrowing

WantedPayments = Annotated[PaymentFilter, narrowing(PaymentFilter)]
WantedDisputes = Annotated[DisputeFilter, narrowing(DisputeFilter)]

own = Router("/billing", tags=["billing"])
admin = Router("/admin/billing", tags=["admin-billing-payments"])
inbound = Router("/webhooks", tags=["webhooks"])


@own.get(
    "/payment-methods",
    response_model=Many[PaymentMethodOut],
    permission="payment_methods:read",
    summary="List payment methods",
)
async def methods(uow: UnitOfWork) -> Sequence[PaymentMethod]:
    return await payments.methods(uow, _own_tenant(uow.actor))


@own.post(
    "/payment-methods",
    response_model=One[PaymentMethodOut],
    status_code=201,
    permission="payment_methods:manage",
    keyed=True,
    summary="Add a payment method",
)
async def add_method(backend: Backend, actor: Actor, body: MethodIn) -> PaymentMethod:
    """`reference` is what the provider's setup gave."""
    payload = {"reference": body.reference}
    return await payments.confirm(backend, actor, body.provider, payload, make_default=body.make_default)


@own.delete(
    "/payment-methods/{method_id}",
    response_model=One[RemovedOut],
    permission="payment_methods:manage",
    summary="Remove a payment method",
)
async def remove_method(uow: UnitOfWork, method_id: str) -> RemovedOut:
    """The last one stays while renewals need it."""
    await payments.remove(uow, method_id)
    return RemovedOut()


@own.post(
    "/payment-methods/{method_id}/default",
    response_model=One[PaymentMethodOut],
    permission="payment_methods:manage",
    summary="Make a payment method the default",
)
async def default_method(uow: UnitOfWork, method_id: str) -> PaymentMethod:
    return await payments.make_default(uow, method_id)


@own.get(
    "/payment-providers",
    response_model=Many[ProviderOut],
    permission="payment_methods:read",
    summary="List payment providers",
)
async def providers(backend: Backend, actor: Actor) -> list[ProviderOut]:
    """Those the partner has switched on."""
    _own_tenant(actor)
    return [
        ProviderOut(slug=p.slug, display_name=p.display_name, capabilities=sorted(p.capabilities))
        for p in await payments.enabled_providers(backend, actor)
    ]


@own.get(
    "/payment-providers/{slug}/config",
    response_model=One[PublicConfigOut],
    permission="payment_methods:read",
    summary="Read a provider's public configuration",
)
async def provider_config(backend: Backend, actor: Actor, slug: str) -> PublicConfigOut:
    """Browser-safe values only."""
    found = await payments.provider(backend, actor, slug)
    return PublicConfigOut(config=dict(found.public_config(str(actor.partner_id))))


@own.post(
    "/payment-providers/{slug}/setup",
    response_model=One[SetupOut],
    permission="payment_methods:manage",
    keyed=True,
    summary="Start adding a payment method",
)
async def setup(backend: Backend, actor: Actor, slug: str, body: SetupIn) -> SetupStart:
    return await payments.set_up(backend, actor, slug, body.return_url)


@own.post(
    "/payment-providers/{slug}/confirm",
    response_model=One[PaymentMethodOut],
    permission="payment_methods:manage",
    keyed=True,
    summary="Finish adding a payment method",
)
async def confirm(backend: Backend, actor: Actor, slug: str, body: ConfirmIn) -> PaymentMethod:
    """The body is the provider's own; `make_default` is ours."""
    payload = body.model_dump(exclude={"make_default"})
    return await payments.confirm(backend, actor, slug, payload, make_default=body.make_default)


@own.post(
    "/invoices/{invoice_id}/pay",
    response_model=One[PaymentOut],
    permission="payments:pay",
    keyed=True,
    summary="Pay an open invoice now",
)
async def pay(backend: Backend, actor: Actor, invoice_id: str, body: PayIn) -> Payment:
    """From a stored method, or through the provider's checkout: then `redirect_url` says where to go."""
    return await payments.pay(
        backend,
        actor,
        invoice_id,
        method_id=body.payment_method_id,
        provider=body.provider,
        return_url=body.return_url or "",
    )


@admin.get("/payments", response_model=Paged[PaymentOut], permission="invoices:administer", summary="List payments")
async def index(uow: UnitOfWork, paging: Paging, wanted: WantedPayments) -> Page[Payment]:
    """With `is_mismatched=true`, those whose provider says what a person has to decide on."""
    return await payments.page(uow, paging, wanted)


@admin.get(
    "/payments/{payment_id}", response_model=One[PaymentOut], permission="invoices:administer", summary="Read a payment"
)
async def read(uow: UnitOfWork, payment_id: str) -> Payment:
    return await payments.get(uow, payment_id)


@admin.post(
    "/payments/{payment_id}/retry",
    response_model=One[PaymentOut],
    permission="payments:retry",
    keyed=True,
    summary="Retry a failed payment",
)
async def retry(backend: Backend, actor: Actor, payment_id: str) -> Payment:
    """A new attempt with a key of its own."""
    return await payments.retry(backend, actor, payment_id)


@admin.post(
    "/payments/{payment_id}/resolve",
    response_model=One[PaymentOut],
    permission="payments:resolve",
    keyed=True,
    summary="Decide what counts where a provider and the books disagree",
)
async def resolve_mismatch(uow: UnitOfWork, payment_id: str, body: MismatchIn) -> Payment:
    """Accept what the provider says, or keep what is booked; the same said again changes nothing more."""
    return await payments.resolve_mismatch(uow, payment_id, body)


@admin.get(
    "/refunds-that-failed",
    response_model=Paged[RefundOut],
    permission="invoices:administer",
    summary="List refunds that need a person",
)
async def refunds_that_failed(uow: UnitOfWork, paging: Paging) -> Page[Refund]:
    """Those that were given up, until their credit finds another way, and those whose answer has been lost for long."""
    return await payments.refunds_that_failed(uow, paging)


refunds = Router("/admin/billing/invoices", tags=["admin-billing"], alias="/admin/invoices")


@refunds.post(
    "/{invoice_id}/refund",
    response_model=One[RefundedOut],
    permission="payments:refund",
    keyed=True,
    summary="Refund a paid invoice",
)
async def refund(backend: Backend, actor: Actor, invoice_id: str, body: RefundIn) -> RefundedOut:
    """What earlier credit notes left goes back first; the rest is credited, and returned by whoever took it."""
    done = await payments.refund(backend, actor, invoice_id, body.amount_cents, body.reason)
    refunds = [RefundOut.model_validate(each) for each in done.refunds]
    return RefundedOut(
        refund=refunds[0],
        refunds=refunds,
        credit_note_id=done.note.id if done.note else None,
        credit_note_number=done.note.number if done.note else None,
    )


disputes = Router("/admin/disputes", tags=["admin-billing-payments"])


@disputes.get("", response_model=Paged[DisputeOut], permission="disputes:administer", summary="List disputes")
async def dispute_index(uow: UnitOfWork, paging: Paging, wanted: WantedDisputes) -> Page[Dispute]:
    """With `status=opened`, those that wait for somebody."""
    return await payments.disputes(uow, paging, wanted)


@disputes.get(
    "/{dispute_id}", response_model=One[DisputeOut], permission="disputes:administer", summary="Read a dispute"
)
async def read_dispute(uow: UnitOfWork, dispute_id: str) -> Dispute:
    return await payments.dispute(uow, dispute_id)


@disputes.post(
    "",
    response_model=One[DisputeOut],
    status_code=201,
    permission="disputes:record",
    keyed=True,
    summary="Record a dispute that only a bank statement tells of",
)
async def open_dispute(uow: UnitOfWork, body: DisputeIn) -> Dispute:
    """With an outcome it is closed at once; lost, the invoice is owed again or the loss is written off."""
    return await payments.open_dispute(uow, body)


@disputes.post(
    "/{dispute_id}/close",
    response_model=One[DisputeOut],
    permission="disputes:record",
    keyed=True,
    summary="Record how a dispute ended",
)
async def close_dispute(uow: UnitOfWork, dispute_id: str, body: DisputeCloseIn) -> Dispute:
    """Only one that was recorded by hand: a provider tells the outcome of its own."""
    return await payments.close_dispute(uow, dispute_id, body)


@inbound.post(
    "/{provider_slug}",
    response_model=One[ReceivedOut],
    permission="payments:receive",
    summary="Receive a provider's webhook",
)
async def receive(backend: Backend, provider_slug: str, request: Request) -> ReceivedOut:
    """Verified, stored, answered; acted upon afterwards."""
    body = await request.body()
    await payments.receive(backend, provider_slug, request.headers, body)
    return ReceivedOut()


@inbound.post(
    "/{provider_slug}/{account_id}",
    response_model=One[ReceivedOut],
    permission="payments:receive",
    summary="Receive a webhook of a seller's own account",
)
async def receive_of_account(backend: Backend, provider_slug: str, account_id: str, request: Request) -> ReceivedOut:
    """Verified with that account's secret, stored, answered; acted upon afterwards."""
    body = await request.body()
    await payments.receive(backend, provider_slug, request.headers, body, account_id)
    return ReceivedOut()


def _own_tenant(actor: Actor) -> str:
    if actor.tenant_id is None:
        raise Refused("This is about one's own tenant; sign in as one of its people.")
    return actor.tenant_id
