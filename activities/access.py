"""Who may record what was done, and who may tick a todo."""

from typing import Any

from django.utils.translation import gettext as _

from activities.models import Todo
from staff import access, roles
from staff.models import User


@access.rule("log activity")
def log_activity(user: User, record: Any) -> str:
    """Whoever sells may add to the history of a deal, lead or company they see, also to a colleague's."""
    return (
        ""
        if roles.can(user, "sell")
        else _("Your role does not include this. An administrator can grant it.")
    )


@access.rule("edit todo")
def edit_todo(user: User, todo: Todo) -> str:
    """Its owner, the managers above, administrators."""
    return "" if access.may_edit_owned(user, todo.owner_id, todo.team_id) else access.not_yours()
