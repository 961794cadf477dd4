from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0011_read_so_far")]

    operations = [
        migrations.AddField("lastlook", "reactions", models.IntegerField(null=True)),
        migrations.AddField("lastlook", "reactions_before", models.IntegerField(null=True)),
        migrations.AddField("syncrun", "pages", models.PositiveIntegerField(default=0)),
    ]
