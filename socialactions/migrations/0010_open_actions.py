from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0009_seen_words")]

    operations = [
        migrations.AddIndex(
            model_name="outgoing",
            index=models.Index(
                condition=~Q(state__in=["sent", "failed", "cancelled", "discarded"]),
                fields=["user", "actor_urn"],
                name="outgoing_open",
            ),
        ),
    ]
