from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0010_open_actions")]

    operations = [
        migrations.AddField("lastlook", "reactions", models.IntegerField(null=True)),
        migrations.AddField("lastlook", "reactions_before", models.IntegerField(null=True)),
        migrations.AddField("syncrun", "pages", models.PositiveIntegerField(default=0)),
    ]
