from django.db import migrations

from annotator.server.append_only import append_only


class Migration(migrations.Migration):
    """A frozen version is refused every change."""

    dependencies = [("datasets", "0001_initial"), ("annotator", "0002_guards")]
    operations = [append_only("datasets_version")]
