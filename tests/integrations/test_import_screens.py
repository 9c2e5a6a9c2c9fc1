import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from integrations.models import Import
from leads.models import Lead
from staff import relay
from tests.integrations.lists import LIST, checked


@pytest.fixture
def manager(client, watanabe, sato):
    client.force_login(watanabe)
    return client


def test_a_manager_brings_a_list_in_by_plain_forms(manager, watanabe):
    file = SimpleUploadedFile("展示会.csv", LIST.encode("cp932", "replace"))
    answer = manager.post(
        reverse("integrations:import-new"), {"file": file, "kind": "leads", "campaign": "夏"}
    )
    batch = Import.objects.get()
    assert answer.url == batch.get_absolute_url()

    relay.drain()
    page = manager.get(batch.get_absolute_url()).content.decode()
    assert "columns-form" in page
    assert "Shift_JIS" in page

    batch.refresh_from_db()
    fields = {f"field_{n}": column["field"] for n, column in enumerate(batch.columns)}
    manager.post(
        reverse("integrations:import-columns", args=[batch.pk]), {**fields, "version": batch.version}
    )
    relay.drain()
    page = manager.get(batch.get_absolute_url()).content.decode()
    assert "murakami@@shinonome.example" in page
    assert not Lead.objects.exists()

    batch.refresh_from_db()
    manager.post(reverse("integrations:import-run", args=[batch.pk]), {"version": batch.version})
    assert manager.get(reverse("integrations:import-progress", args=[batch.pk])).status_code == 200
    relay.drain()
    page = manager.get(batch.get_absolute_url())
    assert page.status_code == 200
    assert Lead.objects.count() == 2
    assert manager.get(reverse("integrations:imports")).status_code == 200


def test_a_rep_may_not_import(client, sato):
    client.force_login(sato)
    for name in ("imports", "import-new"):
        assert client.get(reverse(f"integrations:{name}")).status_code == 403


def test_a_colleagues_import_does_not_exist_for_another_manager(client, watanabe, team_two, sato):
    from tests.factories import make_user

    batch = checked(LIST, watanabe)
    other = make_user("mori@sakura.example", team_two, "manager", family_name="森")
    client.force_login(other)
    for name in ("import", "import-progress", "import-report"):
        assert client.get(reverse(f"integrations:{name}", args=[batch.pk])).status_code == 404
    for name in ("import-run", "import-columns", "import-repairs", "import-removal", "import-mapping"):
        assert client.post(reverse(f"integrations:{name}", args=[batch.pk])).status_code == 404
    assert Import.objects.get(pk=batch.pk).state == "ready"
