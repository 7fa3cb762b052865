"""Identity: who people are, which roles they hold, and which actor a token or a session stands for."""

from .actors import actor_from_claims, actor_of_user
from .claims import principal_of
from .portal_views import begin_portal_view, end_portal_view, page_portal_views, portal_viewer
from .preferences import preferences, set_preferences
from .queries import (
    Me,
    called,
    get_group,
    get_user,
    me,
    names,
    page_groups,
    page_users,
    visible,
    visible_groups,
)
from .role_cache_epoch import current_role_epoch
from .roles import ROLES, Level, Role, grantable
from .service import grant, grant_to_group, revoke, revoke_from_group
from .sessions import (
    ABSOLUTE,
    SessionKind,
    close_session,
    find_session,
    open_session,
    person_of_session,
    sweep_sessions,
)
from .shown import group_detail, shown_groups, shown_role, shown_users, user_detail

__all__ = [
    "ABSOLUTE",
    "ROLES",
    "Level",
    "Me",
    "Role",
    "SessionKind",
    "actor_from_claims",
    "actor_of_user",
    "begin_portal_view",
    "called",
    "close_session",
    "current_role_epoch",
    "end_portal_view",
    "find_session",
    "get_group",
    "get_user",
    "grant",
    "grant_to_group",
    "grantable",
    "group_detail",
    "me",
    "names",
    "open_session",
    "page_groups",
    "page_portal_views",
    "page_users",
    "person_of_session",
    "portal_viewer",
    "preferences",
    "principal_of",
    "revoke",
    "revoke_from_group",
    "set_preferences",
    "shown_groups",
    "shown_role",
    "shown_users",
    "sweep_sessions",
    "user_detail",
    "visible",
    "visible_groups",
]
