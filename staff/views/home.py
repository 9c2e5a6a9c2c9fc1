from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from staff import access
from staff.models import User

LANDING = {
    User.Role.REP: "dashboards:today",
    User.Role.MANAGER: "dashboards:team",
    User.Role.EXECUTIVE: "dashboards:business",
    User.Role.ADMIN: "dashboards:team",
}


@access.signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Each role begins where its question is answered."""
    return redirect(LANDING[request.user.role])
