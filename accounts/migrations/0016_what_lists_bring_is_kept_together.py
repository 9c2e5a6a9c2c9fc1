"""History of new companies is kept once a statement; keys of matching ask no more whether their company is there."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from crm.lib.together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_people_are_listed'),
    ]

    operations = [
        Together([
            pgtrigger.migrations.RemoveTrigger(
                model_name='company',
                name='insert_insert',
            ),
            migrations.AlterField(
                model_name='matchkey',
                name='company',
                field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='match_keys', to='accounts.company'),
            ),
            migrations.AlterField(
                model_name='matchkey',
                name='contact',
                field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='match_keys', to='accounts.contact'),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name='company',
                trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH asked AS MATERIALIZED (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB AS context, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID AS context_id) INSERT INTO "accounts_companyevent" ("changed_on", "city", "corporate_number", "created_at", "deleted_at", "domain", "employees", "id", "industry", "is_restricted", "kana", "last_activity_at", "latin_name", "merged_into_id", "name", "name_key", "notes", "owner_id", "parent_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "postal_code", "prefecture", "sort_key", "street", "version") SELECT new_values."changed_on", new_values."city", new_values."corporate_number", new_values."created_at", new_values."deleted_at", new_values."domain", new_values."employees", new_values."id", new_values."industry", new_values."is_restricted", new_values."kana", new_values."last_activity_at", new_values."latin_name", new_values."merged_into_id", new_values."name", new_values."name_key", new_values."notes", new_values."owner_id", new_values."parent_id", asked.context, asked.context_id, NOW(), \'insert\', new_values."id", new_values."phone", new_values."postal_code", new_values."prefecture", new_values."sort_key", new_values."street", new_values."version" FROM new_values, asked; RETURN NULL;', hash='e68aec90763d6382e6102643c0edf4ad0fcc6987', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_f9bb1', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_company', when='AFTER')),
            ),
        ]),
    ]
