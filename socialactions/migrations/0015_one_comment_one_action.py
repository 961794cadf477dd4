"""One comment on LinkedIn belongs to one action, whichever of the post's names its address carries."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def leave_it_to_the_first(apps: Any, schema_editor: Any) -> None:
    outgoing = apps.get_model("socialactions", "Outgoing").objects.using(schema_editor.connection.alias)
    first = outgoing.filter(result_comment=models.OuterRef("result_comment"), pk__lt=models.OuterRef("pk"))
    outgoing.filter(models.Exists(first)).update(result_comment=None)


class Migration(migrations.Migration):
    dependencies = [("socialactions", "0014_reading_cheaply")]

    operations = [
        migrations.RunPython(leave_it_to_the_first, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="outgoing",
            name="result_comment",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="made_by",
                to="socialactions.comment",
            ),
        ),
    ]
