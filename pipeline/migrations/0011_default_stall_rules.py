"""Rules that every installation begins with; administrators change them under 停滞のルール."""

from django.db import migrations

EVERYWHERE = [("close", 1), ("overdue", 3), ("no_action", 7)]
FROM_DISCOVERY = [("silence", 14)]
FROM_PROPOSAL = [("unanswered", 7)]


def add_rules(apps, schema_editor):
    Stage = apps.get_model("pipeline", "Stage")
    StallRule = apps.get_model("pipeline", "StallRule")
    stages = Stage.objects.filter(pipeline__is_default=True, kind="open").order_by("position")
    for n, stage in enumerate(stages):
        plain = EVERYWHERE + (FROM_DISCOVERY if n >= 2 else []) + (FROM_PROPOSAL if n >= 3 else [])
        rules = [StallRule(stage=stage, kind=kind, days=days) for kind, days in plain]
        if n == 3:
            rules.append(StallRule(stage=stage, kind="absent", days=14, activity_kind="proposal", after="stage"))
        StallRule.objects.bulk_create(rules)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0010_stall_rules")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
