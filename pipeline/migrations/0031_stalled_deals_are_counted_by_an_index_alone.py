"""How many deals stand still, and which have the most to gain, is read from indexes alone."""

from django.db import migrations, models

from crm.lib.together import Together

OPEN = models.Q(('closed_at', None), ('deleted_at', None))


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0030_win_chances_are_kept'),
    ]

    operations = [
        Together([
            migrations.RemoveIndex('deal', 'deal_stalls'),
            migrations.RemoveIndex('deal', 'deal_most_to_gain'),
            migrations.AddIndex(
                'deal',
                models.Index(
                    fields=['stage', 'stalls_on'], include=('team', 'company'), condition=OPEN, name='deal_stalls'
                ),
            ),
            migrations.AddIndex(
                'deal',
                models.Index(
                    models.F('stage'),
                    (models.F('amount') - models.F('weighted_amount')).desc(),
                    include=('amount', 'weighted_amount', 'close_on'),
                    condition=models.Q(('amount__gt', 0), ('closed_at', None), ('deleted_at', None)),
                    name='deal_most_to_gain',
                ),
            ),
        ]),
    ]
