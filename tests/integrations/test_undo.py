"""The way back: a whole import at any later time, but nothing that somebody has worked with since."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import bin, companies, contacts, matching, merging
from accounts.models import Company, Contact, Division, DuplicatePair, MatchKey, Removal, Site
from activities import log
from integrations.imports import trail, undoing
from leads.models import Lead, Touch
from staff import relay
from staff.models import Event
from tests.factories import make_company, make_deal
from tests.integrations.lists import LIST, checked, run

TWO = (
    "会社名,代表電話,業種,氏名,メール\n"
    "東雲フーズ株式会社,03-1357-2468,食品,村上 由佳,murakami@shinonome.example\n"
    "みなと物流株式会社,045-123-4567,物流,成田 翔,narita@minato.example\n"
)


def undo(batch, by):
    batch = undoing.begin(batch, by=by, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()
    assert batch.state == "undone", batch.undone
    return batch


def test_what_an_import_made_goes_into_the_bin(watanabe):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    assert Company.objects.active().count() == 2

    batch = undo(batch, watanabe)

    assert not Company.objects.active().exists()
    assert not Contact.objects.active().exists()
    assert batch.undone["removed"] == {"contact": 2, "company": 2}
    assert (batch.undone["restored"], batch.kept.count()) == (0, 0)
    assert Event.objects.filter(kind="company.removed").count() == 2
    assert Event.objects.get(kind="import.undone").actor_id == watanabe.pk


def test_what_an_import_filled_in_is_emptied_again(watanabe):
    there = companies.create_company(
        {"name": "東雲フーズ株式会社", "phone": "03-1357-2468", "kana": "シノノメフーズ"}, by=watanabe
    )
    before = Company.objects.filter(pk=there.pk).values().get()
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    there.refresh_from_db()
    assert (there.industry, there.domain) == ("食品", "shinonome.example")

    batch = undo(batch, watanabe)

    after = Company.objects.filter(pk=there.pk).values().get()
    assert after | {"version": 0} == before | {"version": 0}
    assert (batch.undone["restored"], batch.undone["removed"]) == (1, {"contact": 2, "company": 1})


def test_what_somebody_edited_since_stays_and_is_named(watanabe, sato):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    edited = Company.objects.get(name="東雲フーズ株式会社")
    companies.edit_company(edited, {"industry": "食料品"}, {"industry": "食品"}, by=sato)

    batch = undo(batch, watanabe)

    assert list(Company.objects.active()) == [edited]
    kept = batch.kept.get()
    assert (kept.subject_type, kept.subject_id, kept.line, kept.name) == (
        "company",
        edited.pk,
        2,
        "東雲フーズ株式会社",
    )
    assert (kept.reason, kept.params["fields"]) == ("edited", ["industry"])


def test_a_field_that_somebody_changed_after_the_import_keeps_their_value(watanabe, sato):
    there = companies.create_company({"name": "東雲フーズ株式会社", "phone": "03-1357-2468"}, by=watanabe)
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    companies.edit_company(there, {"industry": "食料品"}, {"industry": "食品"}, by=sato)

    batch = undo(batch, watanabe)

    there.refresh_from_db()
    assert (there.industry, there.domain) == ("食料品", "")
    kept = batch.kept.get(subject_id=there.pk, subject_type="company")
    assert (kept.reason, kept.params["fields"]) == ("edited", ["industry"])


def test_a_company_that_has_a_deal_since_stays_with_what_it_needs(watanabe, sato):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    company = Company.objects.get(name="みなと物流株式会社")
    make_deal(sato, company=company, contact=company.contacts.get())

    batch = undo(batch, watanabe)

    assert list(Company.objects.active()) == [company]
    assert [(kept.subject_type, kept.reason, kept.params) for kept in batch.kept.all()] == [
        ("contact", "in_use", {"of": "deal"}),
        ("company", "in_use", {"of": "contact"}),
    ]


def test_leads_go_with_their_first_calls_and_a_lead_that_was_called_stays(watanabe, sato):
    batch = run(checked(LIST, watanabe), watanabe)
    relay.drain()
    called, other = Lead.objects.order_by("pk")
    assert called.todos.count() == other.todos.count() == 1
    log.log_activity("call", by=sato, lead=called)

    batch = undo(batch, watanabe)
    relay.drain()

    called.refresh_from_db()
    other.refresh_from_db()
    assert (called.deleted_at, other.deleted_at is None) == (None, False)
    assert not other.todos.exists()
    assert batch.kept.get().subject_id == called.pk


def test_a_touch_that_a_list_added_to_a_known_lead_goes_again(watanabe, sato):
    run(checked(LIST, watanabe, campaign="春"), watanabe)
    touches = Touch.objects.count()
    batch = run(checked(LIST, watanabe, campaign="夏"), watanabe)
    assert Touch.objects.count() == touches + 2

    undo(batch, watanabe)

    assert Touch.objects.count() == touches
    assert Lead.objects.filter(deleted_at=None).count() == 2


def test_the_same_list_comes_in_again_after_it_was_undone(watanabe):
    undo(run(checked(TWO, watanabe, kind="companies"), watanabe), watanabe)

    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)

    assert batch.counts["made"]["companies"] == 2
    assert Company.objects.active().count() == 2


def test_questions_that_the_list_asked_are_no_longer_asked(watanabe):
    companies.create_company({"name": "東雲フーズ株式会社", "prefecture": "北海道"}, by=watanabe)
    batch = run(checked("会社名,都道府県\n㈱東雲フーズ,沖縄県\n", watanabe, kind="companies"), watanabe)
    assert DuplicatePair.objects.count() == 1

    undo(batch, watanabe)

    assert not DuplicatePair.objects.exists()


def test_two_records_of_one_import_that_were_joined_since_go_both(watanabe):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    winner, loser = Company.objects.order_by("pk")
    Contact.objects.filter(company=loser).update(company=winner)
    Company.objects.filter(pk=loser.pk).update(merged_into=winner)

    batch = undo(batch, watanabe)

    assert not Company.objects.active().exists()
    assert not Contact.objects.active().exists()
    assert batch.kept.count() == 0


def test_a_record_that_was_joined_with_one_of_ours_is_named(watanabe):
    ours = make_company("東雲製菓株式会社")
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    loser = Company.objects.get(name="東雲フーズ株式会社")
    Contact.objects.filter(company=loser).update(company=ours)
    Company.objects.filter(pk=loser.pk).update(merged_into=ours)

    batch = undo(batch, watanabe)

    assert list(Company.objects.active()) == [ours]
    assert not Contact.objects.active().exists()
    assert [(k.subject_id, k.reason, k.params["into"]) for k in batch.kept.all()] == [
        (loser.pk, "merged", ours.pk)
    ]


def test_what_was_filled_in_is_followed_into_the_record_that_took_it_over(watanabe):
    there = companies.create_company({"name": "東雲フーズ株式会社", "phone": "03-1357-2468"}, by=watanabe)
    winner = companies.create_company({"name": "東雲製菓株式会社", "kana": "シノノメ"}, by=watanabe)
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    Company.objects.filter(pk=winner.pk).update(industry="食品")
    Company.objects.filter(pk=there.pk).update(merged_into=winner)

    undo(batch, watanabe)

    winner.refresh_from_db()
    assert (winner.industry, winner.kana) == ("", "シノノメ")


def test_undoing_twice_undoes_once_and_a_list_that_never_ran_cannot_be_undone(watanabe):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    undone = undo(batch, watanabe)
    assert undoing.begin(undone, by=watanabe, seen=1).version == undone.version

    waiting = checked(TWO, watanabe, kind="companies")
    with pytest.raises(undoing.NotUndoable):
        undoing.begin(waiting, by=watanabe, seen=waiting.version)
    assert contacts.FIELDS


SITES = (
    "会社名,事業部,拠点名,拠点電話,氏名\n"
    "東雲フーズ株式会社,包装事業部,大阪支店,06-1234-5678,村上 由佳\n"
    "東雲フーズ株式会社,包装事業部,福岡支店,092-123-4567,小野 晶\n"
)


def test_places_of_an_import_go_into_the_bin_and_can_be_restored(watanabe):
    batch = run(checked(SITES, watanabe, kind="companies"), watanabe)
    sites, divisions = list(Site.objects.order_by("pk")), list(Division.objects.all())
    assert ([site.name for site in sites], len(divisions)) == (["大阪支店", "福岡支店"], 1)

    batch = undo(batch, watanabe)

    assert not Site.objects.active().exists()
    assert not Division.objects.active().exists()
    assert Site.objects.count() == 2  # kept as rows
    assert batch.undone["removed"] == {"contact": 2, "site": 2, "division": 1, "company": 1}
    for kind in ("company", "contact"):  # a person brings the places along
        for removal in Removal.objects.in_bin().filter(kind=kind).order_by("pk"):
            bin.restore(removal, by=watanabe)
    assert [site.name for site in Site.objects.active().order_by("pk")] == ["大阪支店", "福岡支店"]
    assert Division.objects.active().get() == divisions[0]
    assert Contact.objects.active().filter(site__isnull=False).count() == 2


def test_what_was_undone_can_be_restored_one_by_one_and_is_matched_again(watanabe):
    batch = undo(run(checked(TWO, watanabe, kind="companies"), watanabe), watanabe)
    name = matching.Candidate(name="東雲フーズ", phone="03-1357-2468")
    assert matching.find_companies(name) == []
    assert not MatchKey.objects.exists()

    company = bin.restore(Removal.objects.in_bin().get(name="東雲フーズ株式会社"), by=watanabe)

    assert [(match.record, match.is_certain) for match in matching.find_companies(name)] == [(company, True)]
    assert batch.undone["removed"] == {"contact": 2, "company": 2}
    assert Company.objects.active().count() == 1


def test_a_former_name_goes_with_the_company_that_the_import_made(watanabe):
    text = "会社名,法人番号,商号変更日\n東雲フーズ,7000012050002,2020/4/1\n東雲食品,7000012050002,2015/4/1\n"
    undo(run(checked(text, watanabe, kind="companies"), watanabe), watanabe)

    company = bin.restore(Removal.objects.in_bin().get(kind="company"), by=watanabe)

    assert [former.name for former in company.former_names.all()] == ["東雲食品"]


def test_a_company_that_was_really_merged_into_ours_is_named_and_its_people_go(watanabe):
    ours = companies.create_company({"name": "東雲製菓株式会社", "industry": "菓子"}, by=watanabe)
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    loser = Company.objects.get(name="東雲フーズ株式会社")
    merge = merging.merge_companies(ours, loser, by=watanabe)
    ours.refresh_from_db()
    assert ours.phone == "+81313572468"

    batch = undo(batch, watanabe)

    ours.refresh_from_db()
    assert list(Company.objects.active()) == [ours]
    assert not Contact.objects.active().exists()
    assert [(k.subject_type, k.subject_id, k.reason) for k in batch.kept.all()] == [
        ("company", loser.pk, "merged")
    ]
    merging.unmerge(merge, by=watanabe)  # what was merged can be taken apart all the same
    loser.refresh_from_db()
    assert loser.merged_into_id is None


def test_two_companies_of_one_import_that_were_really_merged_go_both(watanabe):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    winner, loser = Company.objects.order_by("pk")
    merging.merge_companies(winner, loser, by=watanabe)

    batch = undo(batch, watanabe)

    assert not Company.objects.active().exists()
    assert not Contact.objects.active().exists()
    assert batch.kept.count() == 0


def test_what_was_filled_in_leaves_the_company_that_really_took_it_over(watanabe):
    there = companies.create_company({"name": "東雲フーズ株式会社", "phone": "03-1357-2468"}, by=watanabe)
    winner = companies.create_company({"name": "東雲製菓株式会社", "kana": "シノノメ"}, by=watanabe)
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    merging.merge_companies(winner, there, by=watanabe)
    winner.refresh_from_db()
    assert winner.industry == "食品"

    undo(batch, watanabe)

    winner.refresh_from_db()
    assert (winner.industry, winner.kana, winner.phone) == ("", "シノノメ", "+81313572468")


def test_the_next_rows_are_found_without_looking_through_all_that_the_import_wrote(watanabe):
    batch = run(checked(TWO, watanabe, kind="companies"), watanabe)
    with CaptureQueriesContext(connection) as told:
        assert trail.touched(Company, batch.trace)
    [wanted] = re.findall(r"WITH wanted AS \((.*?)\)\s+SELECT h", told.captured_queries[-1]["sql"], re.DOTALL)

    with connection.cursor() as cursor:
        # So few rows are read whole, and sorted, if that may be.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_hashagg = off")
        cursor.execute(f"EXPLAIN {wanted}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "accounts_companyevent_by_request" in plan
    assert "Sort" not in plan
