"""The sandbox provider's side of the screen: checkout, setup of a method, disputes, and its webhooks."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import httpx2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from scaicontrol.core.errors import NotFound, Refused
from scaicontrol.integrations.payment_providers.sandbox import Sandbox

from .context import Context
from .pages import back, page, problem

ENDINGS: Final = {
    "01": "declined",
    "02": "requires action: the payer approves on a page",
    "03": "succeeds, but the answer is lost",
    "04": "pending, succeeds when asked a day later",
    "05": "succeeds and is disputed a day later",
}


async def deliver_due(context: Context, sandbox: Sandbox) -> int:
    """Post the webhooks whose time has come; one that is not taken stays due. Give how many were taken."""
    taken = 0
    for event_id, body, headers in sandbox.due_events():
        try:
            url = f"{context.control_url}/api/v1/webhooks/sandbox"
            response = await context.http.post(url, content=body, headers=headers)
        except httpx2.HTTPError:
            return taken
        if response.is_success:
            sandbox.mark_sent(event_id)
            taken += 1
    return taken


def routes(context: Context, sandbox: Sandbox) -> list[BaseRoute]:
    def overview(_: Request) -> Response:
        return page(
            "sandbox",
            payments=sandbox.payments(),
            disputes=sandbox.disputes(),
            endings=ENDINGS,
            waiting=len(sandbox.due_events()),
        )

    def checkout(request: Request) -> Response:
        try:
            payment = sandbox.payment(request.path_params["id"])
        except NotFound as error:
            return problem(error.message, 404)
        return page("checkout", payment=payment, return_url=request.query_params.get("return_url", ""))

    async def decide(request: Request) -> Response:
        form = await request.form()
        payment = sandbox.complete(request.path_params["id"], approved=form.get("decision") == "approve")
        await deliver_due(context, sandbox)
        return _return(context, str(form.get("return_url", "")), payment_status=payment["status"])

    def setup(request: Request) -> Response:
        return page(
            "setup", reference=request.path_params["reference"], return_url=request.query_params.get("return_url", "")
        )

    async def choose(request: Request) -> Response:
        form = await request.form()
        reference = request.path_params["reference"]
        sandbox.choose_method(reference, str(form.get("type", "card")))
        return _return(context, str(form.get("return_url", "")), reference=reference)

    async def deliver(_: Request) -> Response:
        await deliver_due(context, sandbox)
        return back("/sandbox/")

    return [
        Route("/", overview),
        Route("/checkout/{id}", checkout),
        Route("/checkout/{id}", decide, methods=["POST"]),
        Route("/setup/{reference}", setup),
        Route("/setup/{reference}", choose, methods=["POST"]),
        *_what_banks_do(context, sandbox),
        Route("/_control/deliver", deliver, methods=["POST"]),
    ]


def _what_banks_do(context: Context, sandbox: Sandbox) -> list[BaseRoute]:
    """Disputes, returned debits and refunds made at the provider: what happens without us after the payment."""

    async def changed(change: Callable[[], object]) -> Response:
        try:
            change()
        except (NotFound, Refused, ValueError) as error:
            raise HTTPException(400, str(error)) from error
        await deliver_due(context, sandbox)
        return back("/sandbox/")

    async def dispute(request: Request) -> Response:
        return await changed(lambda: sandbox.dispute(request.path_params["id"]))

    async def bounce(request: Request) -> Response:
        return await changed(lambda: sandbox.bounce(request.path_params["id"]))

    async def give_back(request: Request) -> Response:
        return await changed(lambda: sandbox.give_back(request.path_params["id"]))

    async def close(request: Request) -> Response:
        outcome = str((await request.form()).get("outcome", ""))
        return await changed(lambda: sandbox.close_dispute(request.path_params["id"], outcome))

    return [
        Route("/_control/payments/{id}/dispute", dispute, methods=["POST"]),
        Route("/_control/payments/{id}/bounce", bounce, methods=["POST"]),
        Route("/_control/payments/{id}/refund", give_back, methods=["POST"]),
        Route("/_control/disputes/{id}/close", close, methods=["POST"]),
    ]


def _return(context: Context, url: str, **answer: str) -> Response:
    parts = urlsplit(url)
    if not url or (parts.netloc and f"{parts.scheme}://{parts.netloc}" != context.origin):
        return back("/sandbox/")
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    return RedirectResponse(f"{url}{'&' if parts.query else '?'}{query}", 303)
