from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from staff import access
from staff.http import Request
from staff.models import User

LANDING = {
    User.Role.REP: "dashboards:today",
    User.Role.MANAGER: "dashboards:team",
    User.Role.EXECUTIVE: "dashboards:business",
    User.Role.ADMIN: "dashboards:team",
}


@access.signed_in
@require_safe
def home(request: Request) -> HttpResponse:
    """Each role begins where its question is answered."""
    return redirect(LANDING[User.Role(request.user.role)])
