"""What every page shows around its content."""

from typing import Any

from django.utils.functional import SimpleLazyObject

from staff import nav
from staff.http import Request


def page(request: Request) -> dict[str, Any]:
    """`nav`, `me` and `company_name`; lazy, so that a fragment that does not show them does not ask for them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "me": None}
    return {
        "nav": SimpleLazyObject(lambda: nav.menu(request)),
        "me": user,
        "company_name": SimpleLazyObject(lambda: user.company.name),
    }
