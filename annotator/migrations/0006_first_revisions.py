from django.db import migrations

from annotator.server.append_only import append_only


class Migration(migrations.Migration):
    """Every question there is has its present wording as its first revision; revisions are refused a change."""

    dependencies = [("annotator", "0005_kinds_revisions_changes")]
    operations = [
        migrations.RunSQL(
            """INSERT INTO annotator_revision (question_id, number, text, config, instructions, examples, created_by_id, created_at)
               SELECT id, 1, text, config, instructions, examples, created_by_id, created_at FROM annotator_question""",
            migrations.RunSQL.noop,
        ),
        append_only("annotator_revision"),
    ]
