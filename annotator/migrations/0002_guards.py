from django.db import migrations

from annotator.server.append_only import append_only, immutable_columns


class Migration(migrations.Migration):
    """What the database itself refuses: a changed answer or audit entry, an item that changes side or content."""

    dependencies = [("annotator", "0001_initial")]
    operations = [
        append_only("annotator_answer"),
        append_only("annotator_auditentry"),
        immutable_columns("annotator_item", "project_id", "sha256", "side"),
        immutable_columns("annotator_project", "salt"),
    ]
