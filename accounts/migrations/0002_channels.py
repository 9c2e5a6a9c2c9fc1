"""The ways a customer comes to us, with the coefficient that their leads' points begin with."""

from decimal import Decimal

from django.db import migrations

CHANNELS = [
    ("exhibition", "展示会", "Exhibition", "1.0"),
    ("web_form", "Webフォーム", "Web form", "1.1"),
    ("download", "資料DL", "Download", "1.0"),
    ("webinar", "ウェビナー", "Webinar", "1.0"),
    ("referral", "紹介", "Referral", "1.2"),
    ("partner", "パートナー", "Partner", "1.1"),
    ("ad", "広告", "Advertising", "0.8"),
    ("list", "リスト", "List", "0.8"),
]


def add_channels(apps, schema_editor):
    Channel = apps.get_model("accounts", "Channel")
    for position, (code, ja, en, coefficient) in enumerate(CHANNELS):
        Channel.objects.create(
            code=code, name_ja=ja, name_en=en, coefficient=Decimal(coefficient), position=position
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_channels, migrations.RunPython.noop)]
