from sqladmin import BaseView, expose
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scaicontrol.core.ids import prefix_of

from .base import ControlView


class SearchView(BaseView):
    """The search box of every page: an id leads to its object, anything else to the list that takes words."""

    name = "Search"

    def is_visible(self, request: Request) -> bool:
        return False

    def is_accessible(self, request: Request) -> bool:
        return True

    @expose("/search", identity="search")
    async def search(self, request: Request) -> Response:
        term = request.query_params.get("q", "").strip()
        views = [
            view for view in self._admin_ref.views if isinstance(view, ControlView) and view.is_accessible(request)
        ]
        if not views:
            raise HTTPException(404, "There is nothing here that you may search.")
        for view in views:
            if view.prefix == prefix_of(term):
                return RedirectResponse(request.url_for("admin:details", identity=view.identity, pk=term), 303)
        home = next((view for view in views if view.takes_words), views[0])
        listed = request.url_for("admin:list", identity=home.identity)
        return RedirectResponse(listed.include_query_params(search=term), 303)


VIEWS = (SearchView,)
