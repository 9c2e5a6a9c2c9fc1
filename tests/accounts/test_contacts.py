import pytest
from django.core.exceptions import ValidationError

from accounts import companies, contacts
from accounts.models import Contact, MatchKey
from staff import versions
from staff.models import Event


@pytest.fixture
def aomine(sato):
    return companies.create_company({"name": "青嶺精工"}, by=sato)


def test_a_person_is_stored_normalised_with_keys_and_event(aomine, sato):
    person = contacts.create_contact(
        aomine,
        {
            "name": "髙木　真由美",
            "kana": "たかぎ まゆみ",
            "email": " Takagi@Aomine.example ",
            "mobile": "９０-１２３４-５６７８",
        },
        by=sato,
    )

    person.refresh_from_db()
    assert (person.family_name, person.given_name) == ("髙木", "真由美")
    assert (person.family_kana, person.given_kana) == ("タカギ", "マユミ")
    assert (person.email, person.mobile) == ("takagi@aomine.example", "+819012345678")
    assert person.person_key == "高木真由美"
    assert set(MatchKey.objects.filter(contact=person).values_list("kind", "value")) == {
        ("person", "高木真由美"),
        ("email", "takagi@aomine.example"),
        ("phone", "+819012345678"),
    }
    event = Event.objects.latest("id")
    assert (event.kind, event.company_id, event.subject_id) == ("contact.created", aomine.pk, person.pk)


def test_a_person_without_a_name_or_with_a_wrong_address_is_refused(aomine, sato):
    with pytest.raises(ValidationError) as refusal:
        contacts.create_contact(aomine, {"family_name": " ", "email": "kein-at"}, by=sato)

    assert set(refusal.value.message_dict) == {"family_name", "email"}
    assert not Contact.objects.exists()


def test_a_person_at_a_site_belongs_to_its_division(aomine, sato):
    division = companies.add_division(aomine, "生産本部", by=sato)
    site = companies.add_site(aomine, "第二工場", division=division, by=sato)

    person = contacts.create_contact(aomine, {"name": "田所 誠一", "site": site}, by=sato)

    assert person.division_id == division.pk


def test_a_site_of_another_company_is_refused(aomine, sato):
    elsewhere = companies.add_site(companies.create_company({"name": "乙"}, by=sato), "工場", by=sato)

    with pytest.raises(ValidationError):
        contacts.create_contact(aomine, {"name": "田所 誠一", "site": elsewhere}, by=sato)
    assert not Contact.objects.exists()


def test_an_edit_renews_the_keys(aomine, sato):
    person = contacts.create_contact(aomine, {"name": "田所 誠一", "title": "課長"}, by=sato)

    contacts.edit_contact(person, {"family_name": "三浦", "title": "部長"}, {"title": "課長"}, by=sato)

    person.refresh_from_db()
    assert (person.family_name, person.title, person.version) == ("三浦", "部長", 2)
    assert [k.value for k in MatchKey.objects.filter(contact=person)] == ["三浦誠一"]


def test_two_edits_of_one_field_are_shown_to_the_second(aomine, sato, tanaka):
    person = contacts.create_contact(aomine, {"name": "田所 誠一", "title": "課長"}, by=sato)
    contacts.edit_contact(person, {"title": "部長"}, {"title": "課長"}, by=sato)

    with pytest.raises(versions.Conflict) as refusal:
        contacts.edit_contact(person, {"title": "次長"}, {"title": "課長"}, by=tanaka)

    assert refusal.value.fields == {"title": ("次長", "部長")}


def test_another_source_fills_only_what_is_empty(aomine, sato):
    person = contacts.create_contact(aomine, {"name": "田所 誠一", "title": "課長"}, by=sato)

    contacts.append(person, {"title": "部長", "email": "t@aomine.example"}, by=sato)

    person.refresh_from_db()
    assert (person.title, person.email, person.version) == ("課長", "t@aomine.example", 2)
    assert Event.objects.latest("id").after == {"email": "t@aomine.example"}


def test_many_people_cost_as_many_statements_as_few(aomine, sato, django_assert_max_num_queries):
    rows = [(aomine, {"name": f"田所 {n}", "email": f"p{n}@aomine.example"}) for n in range(200)]

    # COPY asks for the ids of each table first.
    with django_assert_max_num_queries(10):
        made = contacts.create_many(rows, by=sato)

    assert len(made) == 200
    assert MatchKey.objects.filter(contact__isnull=False).count() == 400
