import pytest
from django.urls import reverse
from django.utils import timezone

from staff import notices
from staff.models import Notification
from tests.factories import make_deal

TEXT = "%(deal)s (%(company)s) stands still: %(reason)s"


@pytest.fixture
def told(sato, watanabe):
    """sato and her manager were told of sato's deal."""
    deal = make_deal(sato, name="巻取機の更新")
    notices.tell(
        [sato, watanabe], topic=f"deal {deal.pk} stalled", kind="deal.stalled", text=TEXT,
        url=deal.get_absolute_url(), about=deal, deal=deal.name, company="青嶺精工", reason="21日",
    )  # fmt: skip
    return deal


def test_a_notice_reads_in_the_language_of_the_reader(told, client, sato):
    client.force_login(sato)
    assert "巻取機の更新" in client.get(reverse("staff:notices")).content.decode()
    assert (
        "巻取機の更新（青嶺精工）が停滞しています: 21日"
        in client.get(reverse("staff:notices")).content.decode()
    )
    assert "stands still" not in client.get(reverse("staff:notices")).content.decode()

    sato.language = "en"
    sato.save()
    assert (
        "巻取機の更新 (青嶺精工) stands still: 21日" in client.get(reverse("staff:notices")).content.decode()
    )


def test_opening_marks_it_read_and_goes_there(told, client, sato, watanabe):
    client.force_login(sato)
    mine = Notification.objects.get(user=sato)

    answer = client.post(reverse("staff:notice", args=[mine.pk]))

    assert (answer.status_code, answer["Location"]) == (302, told.get_absolute_url())
    mine.refresh_from_db()
    assert mine.read_at is not None
    assert Notification.objects.get(user=watanabe).read_at is None
    assert client.get(reverse("staff:notice", args=[mine.pk])).status_code == 405


def test_all_are_marked_read_at_once_and_only_ones_own(told, client, sato, watanabe):
    client.force_login(sato)
    assert 'class="n">1<' in client.get(reverse("staff:notices")).content.decode()

    client.post(reverse("staff:reading"))

    assert not notices.unread(sato).exists()
    assert notices.unread(watanabe).count() == 1


def test_somebody_elses_notice_does_not_exist(told, client, tanaka, sato):
    client.force_login(tanaka)

    answer = client.post(reverse("staff:notice", args=[Notification.objects.get(user=sato).pk]))

    assert answer.status_code == 404
    assert Notification.objects.get(user=sato).read_at is None


def test_a_notice_about_what_one_may_no_longer_see_is_gone(told, client, sato, tanaka):
    client.force_login(sato)
    told.owner, told.team = tanaka, tanaka.team
    told.save()

    page = client.get(reverse("staff:notices"))

    assert page.context["notices"] == []
    assert "巻取機" not in page.content.decode()
    assert not notices.unread(sato).exists()


def test_a_topic_is_told_once(told, sato):
    notices.tell([sato], topic=f"deal {told.pk} stalled", kind="x", text="x", url="/")

    assert Notification.objects.filter(user=sato).count() == 1


def test_reading_twice_keeps_the_first_moment(told, sato):
    first = timezone.now()
    notices.mark_read(notices.to(sato), first)

    assert notices.mark_read(notices.to(sato), timezone.now()) == 0
    assert Notification.objects.get(user=sato).read_at == first
