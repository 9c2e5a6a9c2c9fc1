import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0012_links_and_files_that_are_found'),
        ('staff', '0004_calendars_know_half_days_saturdays_and_absences'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuarterForecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_on', models.DateField(help_text='the first day of the quarter')),
                ('as_of', models.DateField()),
                ('made_at', models.DateTimeField()),
                ('seen_event', models.BigIntegerField()),
                ('method', models.CharField(choices=[('history', 'from own history'), ('weighted', 'amount × stage probability')], max_length=8)),
                ('point', models.DecimalField(decimal_places=0, max_digits=16)),
                ('low80', models.DecimalField(decimal_places=0, max_digits=16)),
                ('high80', models.DecimalField(decimal_places=0, max_digits=16)),
                ('low50', models.DecimalField(decimal_places=0, max_digits=16)),
                ('high50', models.DecimalField(decimal_places=0, max_digits=16)),
                ('won', models.DecimalField(decimal_places=0, max_digits=16)),
                ('unborn', models.DecimalField(decimal_places=0, max_digits=16)),
                ('by_stage', models.JSONField(default=list)),
                ('course', models.JSONField(default=list)),
                ('checks', models.JSONField(default=list)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='staff.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('first_on', 'team'), name='quarter_is_forecast_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('high80__gte', models.F('point')), ('low80__lte', models.F('point'))), name='forecast_lies_in_its_range')],
            },
        ),
    ]
