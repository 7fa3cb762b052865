"""The stand-in's own page: rotate keys, fail, suspend somebody, approve a registration."""

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scaicontrol.integrations.standins.context import Context
from scaicontrol.integrations.standins.pages import back, page

from .issuer import Issuer
from .people import People
from .registration import decide


def routes(context: Context, issuer: Issuer, people: People) -> list[BaseRoute]:
    def overview(_: Request) -> Response:
        return page(
            "scaikey",
            keys=issuer.jwks()["keys"],
            fault=issuer.fault,
            users=people.rows("users").values(),
            requests=people.rows("requests").values(),
            applications=people.rows("applications").values(),
            issuer=issuer,
            discovery=f"{context.url}/scaikey/api/v1/platform/oauth/.well-known/openid-configuration",
        )

    async def rotate(request: Request) -> Response:
        form = await request.form()
        kid = issuer.rotate(withdraw=form.get("withdraw") == "yes")
        return JSONResponse({"kid": kid}) if "json" in request.headers.get("accept", "") else back("/scaikey/")

    async def fault(request: Request) -> Response:
        form = await request.form()
        issuer.fault.set(str(form["name"]), int(str(form.get("times", "1"))))
        return back("/scaikey/")

    async def suspend(request: Request) -> Response:
        row = people.rows("users")[request.path_params["user_id"]]
        row["status"], event = ("suspended", "suspended") if row["status"] == "active" else ("active", "activated")
        people.store("users", row)
        answer = back("/scaikey/")
        answer.background = BackgroundTask(people.announce, "users", event, row)
        return answer

    async def decision(request: Request) -> Response:
        form = await request.form()
        decide(people, request.path_params["request_id"], approve=form.get("decision") == "approve")
        return back("/scaikey/")

    return [
        Route("/", overview),
        Route("/_control/rotate", rotate, methods=["POST"]),
        Route("/_control/fault", fault, methods=["POST"]),
        Route("/_control/users/{user_id}/suspend", suspend, methods=["POST"]),
        Route("/_control/requests/{request_id}", decision, methods=["POST"]),
    ]
