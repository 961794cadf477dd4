from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0012_seen")]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="slot",
            field=models.PositiveSmallIntegerField(null=True, unique=True),
        ),
    ]
