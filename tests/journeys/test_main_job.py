"""The whole main job in a browser: a list comes in, is called, becomes a deal, passes the gate, is won, and is seen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from accounts import companies
from accounts.models import Channel, Company, DuplicatePair
from activities.models import Activity, Todo
from integrations.models import Import
from leads.models import AssignmentRule, Lead
from pipeline.models import Deal, ExitCriterion
from staff import relay
from tests.factories import make_company, make_deal, stage
from tests.journeys.conftest import Visit, Visitor

LIST = """展示会 2026 来場者,,,,,
会社名,氏名,役職,メールアドレス,電話番号,お問い合わせ内容
青嶺精工株式会社,田所 誠一,製造部長,tadokoro@aomine.example,0263-11-2233,検査装置の更新を考えている
港南工業(株),森 一郎,課長,mori@konan.example,045-222-3344,省人化
㈱港南工業,森 一郎,課長,mori@konan.example,045-222-3344,省人化
みなと物流株式会社,成田 翔,,narita@@minato.example,,資料がほしい
"""


@pytest.fixture
def house(sato: Any, watanabe: Any, kobayashi: Any, ito: Any) -> None:
    rule = AssignmentRule.objects.create(name="すべて")
    rule.people.set([sato])
    known = {"name": "青嶺精工株式会社", "phone": "0263-11-2233", "domain": "aomine.example", "owner": sato}
    companies.create_company(known, by=sato)


def work_is_done() -> None:
    """As the workers would."""
    while relay.drain():
        pass


def test_from_a_list_to_a_won_deal(
    visit: Visit, house: None, sato, watanabe, kobayashi, tmp_path: Path
) -> None:
    path = tmp_path / "来場者.csv"
    path.write_bytes(LIST.encode("cp932"))

    leads = a_list_is_brought_in(visit(watanabe), path)
    rep = visit(sato)
    deal = a_lead_is_called_and_converted(rep, leads[0])
    the_gate_stops_and_lets_through(rep, deal)
    it_is_won(rep, deal)
    the_executive_sees_it(visit(kobayashi), deal)
    assert rep.complaints == []


def a_list_is_brought_in(manager: Visitor, path: Path) -> list[Lead]:
    page = manager.page
    manager.open("/imports/new/")
    page.set_input_files("input[type=file]", path)
    page.select_option("select[name=channel]", str(Channel.objects.get(code="exhibition").pk))
    manager.send("main form button.btn--primary")
    work_is_done()
    page.reload()
    batch = Import.objects.get()
    assert batch.state == Import.State.MAPPING, manager.text
    manager.send("button.btn--primary")
    work_is_done()
    page.reload()
    batch.refresh_from_db()
    assert batch.state == Import.State.READY, (batch.state, manager.text)
    manager.send("#import-go button.btn--primary")
    work_is_done()
    page.reload()
    batch.refresh_from_db()
    assert batch.state == Import.State.DONE, (batch.state, manager.text)
    leads = list(Lead.objects.order_by("pk"))
    assert [lead.company_name for lead in leads][:2] == ["青嶺精工株式会社", "港南工業株式会社"] or len(
        leads
    ) == 2
    assert leads[0].company == Company.objects.get(name="青嶺精工株式会社")
    assert {lead.owner.family_name for lead in leads} == {"佐藤"}
    assert all(lead.first_contact_due_at for lead in leads)
    return leads


def a_lead_is_called_and_converted(rep: Visitor, lead: Lead) -> Deal:
    page = rep.page
    rep.open(lead.get_absolute_url())
    rep.press("a[data-key=l]")
    page.fill("#log-body", "検査装置の更新を考えている。来週訪問する。")
    rep.send("#log-form button.btn--primary")
    work_is_done()
    lead.refresh_from_db()
    assert lead.first_contacted_at is not None
    assert Activity.objects.get(lead=lead).by == rep.user

    rep.open(lead.get_absolute_url())
    rep.press("a[data-key=c]")
    rep.send("#convert-form button.btn--primary")
    work_is_done()
    lead.refresh_from_db()
    assert lead.deal is not None, rep.text
    page.wait_for_url(f"**{lead.deal.get_absolute_url()}")
    deal = lead.deal
    assert (deal.company.name, str(deal.contact.family_name)) == ("青嶺精工株式会社", "田所")
    assert Company.objects.filter(name="青嶺精工株式会社").count() == 1
    return deal


def the_gate_stops_and_lets_through(rep: Visitor, deal: Deal) -> None:
    """Asked to go to 提案 at once, it names what every stage on the way lacks; filled in, it goes."""
    page = rep.page
    rep.open(f"{deal.get_absolute_url()}stage/?to={stage('Proposal').pk}")
    before = Deal.objects.get(pk=deal.pk).stage
    rep.send("#gate-form button.btn--primary")
    assert Deal.objects.get(pk=deal.pk).stage == before
    for word in ("意思決定者", "予算", "競合"):
        assert word in rep.text
    for name_en in ("First contact", "Discovery", "Proposal"):
        move_on(rep, deal, name_en)
    assert "提案" in page.inner_text("main")


def it_is_won(rep: Visitor, deal: Deal) -> None:
    for name_en in ("Quote", "Negotiation", "Won"):
        move_on(rep, deal, name_en)
    deal.refresh_from_db()
    assert deal.stage.kind == "won"
    assert deal.win_reason is not None
    assert deal.outcome_note == "納期と保守を評価いただいた"


def move_on(rep: Visitor, deal: Deal, name_en: str) -> None:
    """Does what the stage asks for elsewhere, then fills in the gate and goes."""
    deal.refresh_from_db()
    for criterion in deal.stage.exit_criteria.filter(kind=ExitCriterion.Kind.ACTIVITY):
        log(rep, deal, criterion.activity_kinds[0])
    if deal.stage.exit_criteria.filter(field="next_action_on").exists() and not Todo.objects.open().filter(
        deal=deal
    ):
        log(rep, deal, "call")
    rep.open(f"{deal.get_absolute_url()}stage/?to={stage(name_en).pk}")
    form = rep.page.locator("#gate-form")
    for control in form.locator("input:not([type=hidden]), textarea, select").all():
        fill(control, deal)
    rep.send("#gate-form button.btn--primary")
    work_is_done()
    deal.refresh_from_db()
    assert deal.stage == stage(name_en), rep.text


def fill(control: Any, deal: Deal) -> None:
    name, kind = control.get_attribute("name"), control.get_attribute("type")
    tag = control.evaluate("it => it.tagName")
    if name in ("waiver", "reason"):
        return
    if name == "win_reason":
        control.check(force=True)  # the chip is clicked, its radio button is out of sight
        return
    if name == "note":
        control.fill("納期と保守を評価いただいた")
        return
    criterion = ExitCriterion.objects.get(pk=int(name.removeprefix("c")))
    if kind == "file":
        control.set_input_files({"name": "見積書.txt", "mimeType": "text/plain", "buffer": b"x"})
    elif tag == "SELECT":
        control.select_option(index=1)
    elif not control.input_value():
        words = {"budget": "1300万", "amount": "1280万", "close_on": "2027/3/31", "wanted_on": "2027/3/31"}
        control.fill(words.get(criterion.field, "田所部長に聞いた"))


def log(rep: Visitor, deal: Deal, kind: str) -> None:
    rep.open(f"/activities/new/?deal={deal.pk}&kind={kind}")
    rep.send("#log-form button.btn--primary")
    rep.page.wait_for_url(f"**{deal.get_absolute_url()}*")
    work_is_done()


def the_executive_sees_it(executive: Visitor, deal: Deal) -> None:
    executive.open("/business/")
    assert "1,280" in executive.text
    executive.open(deal.get_absolute_url())
    assert deal.name in executive.text
    assert executive.complaints == []


# Keyboard -----------------------------------------------------------------------------------------


def test_the_palette_finds_a_company_by_two_characters(visit: Visit, sato: Any) -> None:
    company = make_company("青嶺精工株式会社", owner=sato)
    visitor = visit(sato)
    visitor.open("/deals/")

    visitor.page.keyboard.press("Control+k")
    visitor.page.keyboard.type("青嶺")
    visitor.page.wait_for_selector(f"#palette-found a[href='{company.get_absolute_url()}']")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"**{company.get_absolute_url()}")

    assert "青嶺精工" in visitor.text
    assert visitor.complaints == []


def test_single_keys_open_what_they_say(visit: Visit, sato: Any) -> None:
    deal = make_deal(sato, "Discovery")
    visitor = visit(sato)
    page = visitor.page

    visitor.open(deal.get_absolute_url())
    page.keyboard.press("l")
    page.wait_for_selector("#log-form")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("#shortcuts[open]")
    page.keyboard.press("Escape")
    visitor.open("/deals/")
    page.keyboard.press("n")
    page.wait_for_selector("form[action='/deals/new/']")

    assert visitor.complaints == []


SHOWN = """[...document.querySelectorAll('.kcol, #sumline')].map((part) => part.innerText.replace(/\\s+/g, ' '))"""


def test_a_dragged_card_leaves_the_board_as_a_reload_shows_it(visit: Visit, sato: Any) -> None:
    company = make_company()
    deals = [make_deal(sato, "Discovery", company, name=f"案件{n}", amount=1_000_000) for n in range(3)]
    make_deal(sato, "Proposal", company, name="向こうの案件")
    ExitCriterion.objects.update(is_required=False)
    visitor = visit(sato)
    page = visitor.page
    visitor.open("/deals/")

    card, there = (
        page.locator(".kcol [data-card]").first,
        page.locator(f"#col-{stage('Proposal').pk} .kcards"),
    )
    with page.expect_response(lambda answer: "/stage/" in answer.url) as answered:
        card.drag_to(there)
    assert answered.value.text().count("data-card=") == 1  # only the one that looks different is drawn
    page.wait_for_selector("#toasts .toast")
    shown = page.evaluate(SHOWN)
    # A card that was not drawn anew works as before.
    page.locator(f"form[action='/deals/{deals[1].pk}/stage/'] .kmenu").click()
    page.wait_for_selector("#dialogs dialog[open]")
    page.reload()

    assert page.evaluate(SHOWN) == shown
    assert Deal.objects.get(pk=deals[0].pk).stage == stage("Proposal")
    assert visitor.complaints == []


def test_the_review_queue_is_worked_off_by_keys_alone(visit: Visit, watanabe: Any) -> None:
    for n, name in enumerate(("東雲フーズ", "みなと物流", "青嶺精工")):
        for form in ("", "(株)"):
            companies.create_company({"name": form + name, "domain": f"firm{n}.example"}, by=watanabe)
    visitor = visit(watanabe)
    page = visitor.page
    visitor.open("/duplicates/")

    for left, key, state in ((2, "x", "different"), (1, "s", "later"), (0, "Enter", "merged")):
        if state == "merged":
            for stays in "bab":  # which of the two it is to be
                page.keyboard.press(stays)
                page.wait_for_selector(f"#stays-{stays}:checked")
        page.keyboard.press(key)
        page.wait_for_function("n => document.querySelectorAll('.queue li').length === n", arg=left)
        # Where the answer is a new page, its scripts hear keys once it is complete.
        page.wait_for_function("() => document.readyState === 'complete'")
        assert DuplicatePair.objects.filter(state=state).count() == 1, key

    assert Company.objects.active().count() == 5
    merged = DuplicatePair.objects.get(state="merged")
    assert (merged.company_a.merged_into, merged.company_b.merged_into) == (merged.company_b, None)
    assert visitor.complaints == []


def test_the_review_queue_is_worked_off_with_a_thumb(visit: Visit, watanabe: Any) -> None:
    for n, name in enumerate(("東雲フーズ", "みなと物流", "青嶺精工")):
        for form in ("", "(株)"):
            values = {"name": form + name, "domain": f"firm{n}.example", "notes": "長い話\n" * 30}
            companies.create_company(values, by=watanabe)
    visitor = visit(watanabe)
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.open("/duplicates/")

    for left, state in ((2, "later"), (1, "different")):
        # The answers are in reach before and after one has read on, and no toast of the answer before lies on them.
        for _scrolled in range(2):
            page.wait_for_function(
                """() => [...document.querySelectorAll(".merge-foot .btn")].every((button) => {
                const at = button.getBoundingClientRect(), x = at.x + at.width / 2, y = at.y + at.height / 2;
                return at.height >= 44 && button.contains(document.elementFromPoint(x, y)); })""",
                timeout=4000,  # a toast stays for eight seconds
            )
            page.mouse.wheel(0, 500)
            page.wait_for_function("() => scrollY > 0")
        page.click(f'.merge-foot button[value="{state}"]')
        page.wait_for_function("n => document.querySelectorAll('.queue li').length === n", arg=left)
        # The next question begins at its beginning.
        page.wait_for_function("() => document.querySelector('.queue').getBoundingClientRect().top >= 0")
    assert visitor.complaints == []


def test_a_rep_signs_in_and_out_by_hand(visit: Visit, sato: Any) -> None:
    visitor = visit(None)
    visitor.open("/")
    visitor.page.fill("input[name=login]", "sato@sakura.example")
    visitor.page.fill("input[name=password]", "open sesame 1")
    visitor.send("form button[type=submit], form button.btn--primary")

    assert visitor.path == "/today/"
    visitor.open("/account/logout/")
    visitor.send("main form button")
    assert visitor.path.startswith("/account/login/")


# Pictures for the README --------------------------------------------------------------------------

PICTURES = os.environ.get("ENISHI_PICTURES", "")


def take_the_pictures_of_the_readme(
    visit: Visit, transactional_db: None, settings: Any, tmp_path: Path
) -> None:
    from django.utils import timezone

    from crm.demo.story import Story
    from staff.models import User

    settings.MEDIA_ROOT = tmp_path
    Story(1, timezone.localdate(), lambda line: None).tell()
    deal = Deal.objects.filter(company__name="青嶺精工株式会社", closed_at=None).order_by("-amount").first()
    assert deal is not None
    lead = Lead.objects.waiting().order_by("first_contact_due_at").first()
    assert lead is not None
    shots = [
        ("today", "sato", "/today/"), ("board", "watanabe", "/deals/"), ("deal", "sato", deal.get_absolute_url()),
        ("company", "sato", deal.company.get_absolute_url()), ("leads", "sato", "/leads/"),
        ("team", "watanabe", "/team/"), ("business", "kobayashi", "/business/"),
        ("duplicates", "watanabe", "/duplicates/"), ("stages", "ito", "/settings/stages/"),
    ]  # fmt: skip
    Path(PICTURES).mkdir(parents=True, exist_ok=True)
    for name, person, path in shots:
        visitor = visit(User.objects.get(email=f"{person}@sakura.example"))
        for theme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=theme)
            assert visitor.open(path) == 200
            visitor.page.screenshot(path=f"{PICTURES}/{name}-{theme}.png")
        visitor.page.emulate_media(color_scheme="light")
        visitor.page.set_viewport_size({"width": 390, "height": 844})
        visitor.page.screenshot(path=f"{PICTURES}/{name}-phone.png")


if PICTURES:  # the folder for the pictures; without one there is nothing to test here
    test_the_pictures_of_the_readme = take_the_pictures_of_the_readme
