from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0010_open_actions")]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="slot",
            field=models.PositiveSmallIntegerField(null=True, unique=True),
        ),
    ]
