"""A name or value that a person struck out stays as a row, so that the list it came from does not bring it again."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from crm.lib.together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_further_values'),
    ]

    operations = [
        Together([
            pgtrigger.migrations.RemoveTrigger(
                model_name='companyname',
                name='insert_insert',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='companyname',
                name='update_update',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='companyname',
                name='delete_delete',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='furthervalue',
                name='insert_insert',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='furthervalue',
                name='update_update',
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name='furthervalue',
                name='delete_delete',
            ),
            migrations.AddField(
                model_name='companyname',
                name='struck_at',
                field=models.DateTimeField(editable=False, null=True),
            ),
            migrations.AddField(
                model_name='companynameevent',
                name='struck_at',
                field=models.DateTimeField(editable=False, null=True),
            ),
            migrations.AddField(
                model_name='furthervalue',
                name='struck_at',
                field=models.DateTimeField(editable=False, null=True),
            ),
            migrations.AddField(
                model_name='furthervalueevent',
                name='struck_at',
                field=models.DateTimeField(editable=False, null=True),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='companyname',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_companynameevent" ("company_id", "id", "name", "name_key", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "struck_at", "until") VALUES (NEW."company_id", NEW."id", NEW."name", NEW."name_key", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."struck_at", NEW."until"); RETURN NULL;', hash='1a9d3902c4789cbcfa8261a922c84cd702d8eadf', operation='INSERT', pgid='pgtrigger_insert_insert_3364c', table='accounts_companyname', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='companyname',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_companynameevent" ("company_id", "id", "name", "name_key", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "struck_at", "until") VALUES (NEW."company_id", NEW."id", NEW."name", NEW."name_key", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."struck_at", NEW."until"); RETURN NULL;', hash='08c9a595b064d8dbd04c5fcef82e0813dfcda649', operation='UPDATE', pgid='pgtrigger_update_update_09a43', table='accounts_companyname', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='companyname',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_companynameevent" ("company_id", "id", "name", "name_key", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "struck_at", "until") VALUES (OLD."company_id", OLD."id", OLD."name", OLD."name_key", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."struck_at", OLD."until"); RETURN NULL;', hash='a89369bc3fc32b379147043f289b1885ce9eb3d1', operation='DELETE', pgid='pgtrigger_delete_delete_757f0', table='accounts_companyname', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalue',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_furthervalueevent" ("company_id", "id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "struck_at", "value") VALUES (NEW."company_id", NEW."id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."struck_at", NEW."value"); RETURN NULL;', hash='b0b5577131cf2767abbb65072b0b231b4de729a9', operation='INSERT', pgid='pgtrigger_insert_insert_8bf76', table='accounts_furthervalue', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalue',
                trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_furthervalueevent" ("company_id", "id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "struck_at", "value") VALUES (NEW."company_id", NEW."id", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."struck_at", NEW."value"); RETURN NULL;', hash='94ebdbcf2417befe7bf1dd08d3ade1c7cf2903d0', operation='UPDATE', pgid='pgtrigger_update_update_08434', table='accounts_furthervalue', when='AFTER')),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='furthervalue',
                trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_furthervalueevent" ("company_id", "id", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "struck_at", "value") VALUES (OLD."company_id", OLD."id", OLD."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."struck_at", OLD."value"); RETURN NULL;', hash='7367d1799edfcc373bf346288b65abd28befa0e2', operation='DELETE', pgid='pgtrigger_delete_delete_6d5cf', table='accounts_furthervalue', when='AFTER')),
            ),
        ]),
    ]
