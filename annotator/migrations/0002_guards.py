from django.db import migrations

from annotator.server.append_only import append_only, immutable_columns

# The answers that count, for queries in Python and in SQL.
COUNTED = """
CREATE VIEW annotator_countedanswer AS
SELECT a.id, a.task_id, a.worker_id, a.value, a.simulated, a.suggestion_id, a.created_at
FROM annotator_answer a
JOIN annotator_assignment s ON s.task_id = a.task_id AND s.worker_id = a.worker_id AND s.state = 'answered'
WHERE NOT a.decision AND NOT EXISTS (
    SELECT 1 FROM annotator_answer r WHERE r.task_id = a.task_id AND r.worker_id = a.worker_id AND r.replaces_id = a.id)
"""
# The front of the queue is written again and again: clean it early.
TUNE = """
ALTER TABLE annotator_task SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE annotator_assignment SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE annotator_workerstatus SET (fillfactor = 50);
ALTER TABLE annotator_queuecursor SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    """What the database itself refuses (a changed answer, revision or audit entry, an item that changes split or content), and its view."""

    dependencies = [("annotator", "0001_schema")]
    operations = [
        append_only("annotator_answer"),
        append_only("annotator_auditentry"),
        append_only("annotator_revision"),
        immutable_columns("annotator_item", "project_id", "sha256", "split"),
        immutable_columns("annotator_project", "salt"),
        migrations.RunSQL(COUNTED, "DROP VIEW annotator_countedanswer"),
        migrations.RunSQL(TUNE, migrations.RunSQL.noop),
    ]
