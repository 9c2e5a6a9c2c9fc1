"""What the pages of an import say: in words, in the reader's language, and no more than is true."""

import pytest
from django.urls import reverse

from accounts.dedup import evidence
from integrations.imports import deciding, pages, running, work
from integrations.models import Import
from tests.factories import make_company
from tests.integrations.lists import checked, run


def test_every_reason_why_a_line_may_be_known_has_words(watanabe):
    assert set(evidence.KEYS) <= set(pages.REASONS)
    there = make_company("みなと物流株式会社")
    batch = checked("会社名\n東雲フーズ\n", watanabe, kind="companies")
    reasons = [{"key": "name"}, {"key": "domain_differs"}]
    batch.rows.update(
        standing="similar",
        matches=[{"of": "company", "id": there.pk, "score": 30, "verdict": "probable", "reasons": reasons}],
    )

    [line] = pages.similar_lines(batch, watanabe)
    assert line.reasons == ["同じ社名", "ドメインが違う"]


def test_lines_that_did_not_come_in_are_said_in_the_head_of_the_report(client, watanabe):
    batch = run(
        checked("会社名,メール\n東雲フーズ,a@@b.example\nみなと物流,\n", watanabe, kind="companies"), watanabe
    )
    client.force_login(watanabe)

    page = client.get(batch.get_absolute_url()).content.decode()

    assert "取り込みました（1行は入っていません）" in page


def test_a_stopped_list_says_that_the_rest_comes_in_when_one_goes_on(client, watanabe, monkeypatch):
    monkeypatch.setattr(running, "GROUPS_AT_ONCE", 1)
    batch = checked("会社名\n東雲フーズ\nみなと物流\n", watanabe, kind="companies")
    batch = deciding.confirm(batch, by=watanabe, seen=batch.version)
    work.advance(batch.pk)
    batch = deciding.stop(batch, by=watanabe)
    client.force_login(watanabe)

    page = client.get(batch.get_absolute_url()).content.decode()

    assert "再開すると入ります" in page
    assert "ファイルの中で直して" not in page


@pytest.mark.parametrize("kind", ["deals", "touches"])
def test_the_check_counts_companies_and_people_only_where_a_list_brings_them(client, watanabe, kind):
    lists = {
        "deals": "案件名,会社名\n包装ライン,東雲フーズ\n",
        "touches": "メール,種別\na@b.example,資料DL\n",
    }
    batch = checked(lists[kind], watanabe, kind=kind)
    client.force_login(watanabe)

    page = client.get(batch.get_absolute_url()).content.decode()

    assert batch.kind == Import.Kind(kind)
    assert "企業 " not in page.split('<dl class="stats')[1].split("</dl>")[0]


def test_files_of_an_import_speak_the_language_of_who_takes_them(client, watanabe):
    batch = run(checked("会社名,メール\n東雲フーズ,a@@b.example\n", watanabe, kind="companies"), watanabe)
    watanabe.language = "en"
    watanabe.save()
    client.force_login(watanabe)

    for name in ("import-report", "import-rows"):
        answer = client.get(reverse(f"integrations:{name}", args=[batch.pk]), {"format": "csv"})
        assert "There are two @" in b"".join(answer.streaming_content).decode()
