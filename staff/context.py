"""What every page shows around its content."""

from typing import Any

from django.utils.functional import SimpleLazyObject

from staff import nav, roles
from staff.http import Request


def page(request: Request) -> dict[str, Any]:
    """`nav`, `me`, `may_sell` and `company_name`; what asks the database is lazy: a fragment may not show it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "me": None}
    return {
        "nav": SimpleLazyObject(lambda: nav.menu(request)),
        "me": user,
        "may_sell": roles.can(user, "sell"),
        "company_name": SimpleLazyObject(lambda: user.company.name),
    }
