from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from crm.lib import htmx
from staff import access
from staff.http import Request
from staff.models import User


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["language", "theme", "keys_on", "reminder_mails"]
        labels = {"language": gettext_lazy("Language"), "theme": gettext_lazy("Light or dark")}


class ThemeForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["theme"]


@access.signed_in
@require_http_methods(["GET", "POST"])
def preferences(request: Request) -> HttpResponse:
    """Language, theme, shortcuts. The theme button posts `theme` alone."""
    user = User.objects.get(pk=request.user.pk)
    only_theme = request.method == "POST" and set(request.POST) <= {"theme", "csrfmiddlewaretoken"}
    form = (ThemeForm if only_theme else PreferencesForm)(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        # Not the whole row: an administrator may be changing role or team, or closing the account, at this moment.
        user.save(update_fields=list(form.fields))
        if only_theme:
            return HttpResponse(status=204)
        return htmx.redirect(request, reverse("staff:preferences"), toast=_("Saved"))
    return render(request, "staff/preferences.html", {"form": form}, status=422 if form.errors else 200)
