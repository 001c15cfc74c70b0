from django.db import migrations

from annotator.server.append_only import append_only


class Migration(migrations.Migration):
    """A ledger entry is refused every change."""

    dependencies = [("workers", "0001_initial"), ("annotator", "0002_guards")]
    operations = [append_only("workers_entry")]
