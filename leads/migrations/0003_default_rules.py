"""The rules a new installation begins with: the clock of 48 hours over business days, and the first points."""

from django.db import migrations

ATTRIBUTE, BEHAVIOUR = "attribute", "behaviour"
POINTS = [
    (ATTRIBUTE, "industry", "製造", "業種: 製造", "Industry: manufacturing", 10),
    (ATTRIBUTE, "industry", "物流", "業種: 物流", "Industry: logistics", 9),
    (ATTRIBUTE, "industry", "食品", "業種: 食品", "Industry: food", 8),
    (ATTRIBUTE, "employees", "301-", "従業員: 301名以上", "Employees: 301 and more", 10),
    (ATTRIBUTE, "employees", "101-300", "従業員: 101–300名", "Employees: 101–300", 8),
    (ATTRIBUTE, "employees", "31-100", "従業員: 31–100名", "Employees: 31–100", 6),
    (ATTRIBUTE, "title", "社長", "役職: 社長", "Title: president", 10),
    (ATTRIBUTE, "title", "工場長", "役職: 工場長", "Title: plant manager", 9),
    (ATTRIBUTE, "title", "部長", "役職: 部長", "Title: department head", 9),
    (ATTRIBUTE, "title", "課長", "役職: 課長", "Title: section head", 7),
    (BEHAVIOUR, "download", "1", "資料ダウンロード", "Downloaded a document", 20),
    (BEHAVIOUR, "pricing", "2", "価格ページ 2回以上", "Pricing page, twice or more", 16),
    (BEHAVIOUR, "pricing", "1", "価格ページ", "Pricing page", 10),
    (BEHAVIOUR, "webinar", "1", "ウェビナー参加", "Joined a webinar", 14),
    (BEHAVIOUR, "form", "1", "フォームから相談", "Wrote through the form", 20),
    (BEHAVIOUR, "referral", "1", "紹介", "Was referred", 18),
    (BEHAVIOUR, "exhibition", "1", "展示会で面談", "Met at an exhibition", 10),
]


def add_rules(apps, schema_editor):
    apps.get_model("leads", "FirstContactRule").objects.create(hours=48, unit="business_days")
    ScoreRule = apps.get_model("leads", "ScoreRule")
    for kind, subject, match, ja, en, points in POINTS:
        ScoreRule.objects.create(kind=kind, subject=subject, match=match, label_ja=ja, label_en=en, points=points)


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_figures_are_added_up_ahead")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
