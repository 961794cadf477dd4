from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0013_webhook_slots")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="posts_whole_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="still_calls",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
