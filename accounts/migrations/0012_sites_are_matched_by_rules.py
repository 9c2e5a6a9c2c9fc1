"""Sites of a company are matched by rules of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_struck_values'),
    ]

    operations = [
        migrations.AlterField(
            model_name='matchrule',
            name='unit',
            field=models.CharField(choices=[('company', 'company'), ('person', 'person'), ('site', 'site')], default='company', max_length=8),
        ),
        migrations.AlterField(
            model_name='matchruleevent',
            name='unit',
            field=models.CharField(choices=[('company', 'company'), ('person', 'person'), ('site', 'site')], default='company', max_length=8),
        ),
    ]
