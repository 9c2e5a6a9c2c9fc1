"""What a person sets for themselves."""

from django.urls import reverse

from staff.models import User
from staff.views import preferences


def test_saving_preferences_does_not_bring_back_who_was_shut_out_meanwhile(client, sato, monkeypatch):
    client.force_login(sato)
    read = preferences.ThemeForm.full_clean

    def read_while_somebody_shuts_the_account(form):
        User.objects.filter(pk=sato.pk).update(is_active=False)
        read(form)

    monkeypatch.setattr(preferences.ThemeForm, "full_clean", read_while_somebody_shuts_the_account)

    response = client.post(reverse("staff:preferences"), {"theme": "dark"})

    sato.refresh_from_db()
    assert (response.status_code, sato.theme, sato.is_active) == (204, "dark", False)
