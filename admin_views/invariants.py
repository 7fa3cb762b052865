from starlette.requests import Request

from scaicontrol.services import invariants

from .lists import Context
from .menu import MenuGroup
from .pages import ConsolePage
from .request_context import console_of


class InvariantsPage(ConsolePage):
    name, identity, icon = "Invariants", "invariants", "audit"
    category, rank = MenuGroup.oversight, 45
    about = "What must hold of documents, payments and credits at every moment, asked of the rows just now."
    permission = "invariants:check"
    template = "console/invariants.html"

    async def content(self, request: Request) -> Context:
        console = console_of(request)
        return {"told": await console.backend.ask(console.actor, invariants.check)}


VIEWS = (InvariantsPage,)
