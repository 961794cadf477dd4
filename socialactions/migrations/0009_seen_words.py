from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0008_webhook_secrets")]

    operations = [
        migrations.AddField(
            model_name="outgoing",
            name="seen_words",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
