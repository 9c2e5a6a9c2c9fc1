"""What sources say of a company beside its fields, by which matching knows it."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from crm.lib.together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_channels'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='FurtherValue',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('company_name', 'name'), ('company_kana', 'kana'), ('latin_name', 'name in Latin letters'), ('phone', 'phone'), ('domain', 'domain'), ('corporate_number', 'corporate number'), ('address', 'address')], max_length=16)),
                    ('value', models.CharField(max_length=270)),
                    ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='further_values', to='accounts.company')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('company', 'kind', 'value'), name='further_value_is_kept_once')],
                },
            ),
            migrations.CreateModel(
                name='FurtherValueEvent',
                fields=[
                    ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                    ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                    ('pgh_label', models.TextField(help_text='The event label.')),
                    ('pgh_context', pghistory.utils.JSONField(null=True)),
                    ('pgh_context_id', models.UUIDField(null=True)),
                    ('id', models.BigIntegerField()),
                    ('kind', models.CharField(choices=[('company_name', 'name'), ('company_kana', 'kana'), ('latin_name', 'name in Latin letters'), ('phone', 'phone'), ('domain', 'domain'), ('corporate_number', 'corporate number'), ('address', 'address')], max_length=16)),
                    ('value', models.CharField(max_length=270)),
                    ('company', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.company')),
                    ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.furthervalue')),
                ],
                options={
                    'abstract': False,
                },
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalue',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_furthervalueevent" ("company_id", "id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "value") VALUES (NEW."company_id", NEW."id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."value"); RETURN NULL;', hash='b789d9fc06b7305a1c23c752e6fb62bc9c085cfc', operation='INSERT', pgid='pgtrigger_insert_insert_8bf76', table='accounts_furthervalue', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalue',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_furthervalueevent" ("company_id", "id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "value") VALUES (NEW."company_id", NEW."id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."value"); RETURN NULL;', hash='641b1e272068e77c89dbbdae546e2c12d8aeafc0', operation='UPDATE', pgid='pgtrigger_update_update_08434', table='accounts_furthervalue', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalue',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_furthervalueevent" ("company_id", "id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "value") VALUES (OLD."company_id", OLD."id", OLD."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."value"); RETURN NULL;', hash='31e625950074f08496b445ca1b8e3d568b37b337', operation='DELETE', pgid='pgtrigger_delete_delete_6d5cf', table='accounts_furthervalue', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalueevent',
                trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='63e16859a642c0098564b357ab83093f35c1573d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_edf4a', table='accounts_furthervalueevent', when='BEFORE')),
            ),
        ]),
    ]
