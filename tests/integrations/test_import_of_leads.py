from django.core.files.base import ContentFile

from accounts.models import Channel
from integrations.imports import columns, deciding, upload
from integrations.models import Import
from leads.models import Lead
from staff import relay

LIST = """会社名,部署,氏名,ふりがな,E-mail,TEL,来場日,興味,備考２
㈱東雲フーズ,工場企画,村上 由佳,むらかみ ゆか,y.murakami@shinonome.example,０３−1234−5678,7/9,A:包装,要見積
ﾐﾅﾄ物流株式会社,物流企画課,成田　翔,なりた しょう,narita@minato.example,0451234567,2026年7月9日,B,
丸彌建設,,三輪健,,murakami@@shinonome.example,,令和7年3月1日,,
城北メタルズ,,小野 晶,,ono@johoku.example,,7/39,,
,,,,,,,,
個人,,山本 花,,hana@yahoo.co.jp,,,,
"""


def bring_in(content: bytes | str, by, kind="leads", name="展示会.csv", **facts) -> Import:
    data = content.encode() if isinstance(content, str) else content
    batch = upload.receive_file(ContentFile(data, name=name), kind=kind, by=by, **facts)
    relay.drain()
    batch.refresh_from_db()
    return batch


def checked(content, by, **facts) -> Import:
    batch = bring_in(content, by, **facts)
    assert batch.state == Import.State.MAPPING, (batch.state, batch.problem)
    columns.confirm(batch, [c["field"] for c in batch.columns], by=by, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()
    return batch


def run(batch: Import, by) -> Import:
    deciding.confirm(batch, by=by, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()
    return batch


def test_a_list_becomes_leads_with_owner_and_clock(watanabe, sato):
    batch = checked(LIST, watanabe, channel=Channel.objects.get(code="exhibition"), campaign="夏の展示会")

    assert [c["field"] for c in batch.columns] == [
        "company_name", "department", "person", "person_kana", "email", "phone", "received_on", "interest", "",
    ]  # fmt: skip
    assert [(row.line, row.standing) for row in batch.rows.all()] == [
        (2, "new"), (3, "new"), (4, "bad"), (5, "bad"), (7, "bad"),
    ]  # fmt: skip
    assert not Lead.objects.exists()

    batch = run(batch, watanabe)

    assert batch.state == "done"
    assert batch.counts["made"] == {"leads": 2, "created": 2, "refused": 3}
    lead = Lead.objects.get(email="narita@minato.example")
    assert (lead.company_name, lead.family_name, lead.given_name) == ("ミナト物流株式会社", "成田", "翔")
    assert (lead.phone, lead.department, lead.campaign) == ("+81451234567", "物流企画課", "夏の展示会")
    assert lead.first_contact_due_at
    assert lead.owner
    assert str(lead.touches.get().at)[:10] == "2026-07-09"


def test_a_corrected_line_comes_in(watanabe, sato):
    batch = checked(LIST, watanabe)
    problem = batch.rows.get(line=4).problems[0]
    assert (problem["code"], problem["repair"]) == ("two_ats", "murakami@shinonome.example")

    row = deciding.correct(batch, 4, {"email": problem["repair"]}, by=watanabe)

    assert (row.standing, row.values["email"]) == ("new", "murakami@shinonome.example")
    assert row.values["received_on"] == "2025-03-01"
    batch.refresh_from_db()
    assert batch.counts["bad"] == 2


def test_the_same_list_again_changes_nothing(watanabe, sato):
    run(checked(LIST, watanabe), watanabe)
    before = list(Lead.objects.order_by("pk").values())

    again = run(checked(LIST, watanabe), watanabe)

    assert again.counts["made"] == {"skipped": 2, "refused": 3}
    assert list(Lead.objects.order_by("pk").values()) == before
