"""Signing in: e-mail and password through allauth; accounts are made by administrators only."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from staff import events
from staff.models import User
from staff.people import PersonEvent


class Backend(AuthenticationBackend):
    """Reads the person with all that pages ask of them in one statement; neither the system nor who has left gets in."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.for_request().filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: User) -> bool:
        return user.is_active and not user.is_system


class Adapter(DefaultAccountAdapter):
    # As long as `ACCOUNT_RATE_LIMITS` makes them wait.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _("Too many failed attempts. Try again in 5 minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        # The library lets through whom the backend refused, and looks at `is_active` alone.
        if not Backend().user_can_authenticate(user):
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        with transaction.atomic():
            events.record(PersonEvent.SIGNED_IN, user, by=user)
        return super().post_login(request, user, **kwargs)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        user = User.objects.filter(email=(credentials.get("email") or "").lower()).first()
        if user is not None:
            with transaction.atomic():
                events.record(PersonEvent.SIGN_IN_FAILED, user, by=User.objects.system())
        super().authentication_failed(request, **credentials)
