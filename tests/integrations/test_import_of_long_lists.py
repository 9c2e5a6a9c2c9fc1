"""A long list with mistakes in it: every line that stays out is named, with the reason, in a file that comes back right."""

import csv
import io

from accounts.models import Company
from benchmarks import company_list
from integrations.imports import cleaning, report
from integrations.imports.outcome import table
from tests.integrations.lists import checked, run

ROWS, EACH = 1500, 40


def test_two_hundred_bad_lines_of_five_kinds_are_named_corrected_and_sent_again(watanabe):
    rows = list(company_list.lines(seed=7, count=ROWS))
    mistakes = company_list.spoil(rows, seed=7, each=EACH)
    batch = run(checked(company_list.as_csv(rows), watanabe, kind="companies", name="list.csv"), watanabe)

    refused = {row.line: row for row in report.failed_rows(batch)}
    assert sorted(refused) == [mistake.line for mistake in mistakes]
    for mistake in mistakes:
        [problem] = refused[mistake.line].problems
        assert problem["code"] == mistake.code
        assert cleaning.message(problem) in report.reason(batch, refused[mistake.line])
        if mistake.column != "会社名":  # of what is missing the reason names it
            assert mistake.column in report.reason(batch, refused[mistake.line])
    assert {line[0]: line[2] for line in table(batch) if line[2] == "refused"} == dict.fromkeys(
        refused, "refused"
    )

    lines = list(csv.reader(io.StringIO(b"".join(report.write(batch, "csv")).decode("utf-8-sig"))))
    header, bad = lines[0], lines[1:]
    right = {mistake.line: mistake for mistake in mistakes}
    for cells in bad:
        mistake = right[int(cells[header.index(header[-2])])]
        cells[header.index(mistake.column)] = mistake.right
    again = io.StringIO()
    csv.writer(again).writerows([header, *bad])
    second = run(checked(again.getvalue(), watanabe, kind="companies", name="list-2.csv"), watanabe)

    assert second.row_count == 5 * EACH
    assert not report.failed_rows(second).exists()
    assert {row.outcome for row in second.rows.all()} <= {"created", "appended", "unchanged"}
    names = {row[0] for row in rows if row[0]} | {
        mistake.right for mistake in mistakes if mistake.column == "会社名"
    }
    assert {company.name for company in Company.objects.active()} | set(
        Company.objects.values_list("former_names__name", flat=True)
    ) >= {name.strip() for name in names}


def test_the_same_long_list_again_changes_nothing(watanabe):
    text = company_list.as_csv(company_list.lines(seed=8, count=300))
    run(checked(text, watanabe, kind="companies", name="list.csv"), watanabe)
    before = list(Company.objects.order_by("pk").values())

    second = run(checked(text, watanabe, kind="companies", name="list.csv"), watanabe)

    assert second.counts["made"] == {"unchanged": 300}
    assert list(Company.objects.order_by("pk").values()) == before
