"""The list that a company begins with; administrators rename, retire and add."""

from django.db import migrations

REASONS = [
    ("fit", "課題に合っていた", "Fits the need"),
    ("proposal", "提案の中身", "The proposal itself"),
    ("price", "価格", "Price"),
    ("speed", "対応の速さ", "Quick answers"),
    ("references", "導入実績", "References"),
    ("relation", "これまでの取引", "Long relation"),
    ("other", "その他", "Other"),
]


def add_reasons(apps, schema_editor):
    WinReason = apps.get_model("pipeline", "WinReason")
    for position, (code, ja, en) in enumerate(REASONS, 1):
        WinReason.objects.create(code=code, name_ja=ja, name_en=en, position=position)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0033_reasons_for_winning")]

    operations = [migrations.RunPython(add_reasons, migrations.RunPython.noop)]
