from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0010_open_actions")]

    operations = [
        migrations.AddField(
            model_name="post",
            name="read_so_far",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
