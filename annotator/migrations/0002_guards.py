from django.db import migrations

from annotator.server.append_only import append_only, immutable_columns

# The answers that count, for queries in Python and in SQL.
COUNTED = """
CREATE VIEW annotator_countedanswer AS
SELECT a.id, a.task_id, a.worker_id, a.value, a.simulated, a.imported, a.suggestion_id, a.created_at
FROM annotator_answer a
JOIN annotator_assignment s ON s.task_id = a.task_id AND s.worker_id = a.worker_id AND s.state = 'answered'
WHERE NOT a.decision AND NOT EXISTS (
    SELECT 1 FROM annotator_answer r WHERE r.task_id = a.task_id AND r.worker_id = a.worker_id AND r.replaces_id = a.id)
"""
# A text can be erased, but never changed.
TEXT = """
CREATE TRIGGER annotator_item_text BEFORE UPDATE ON annotator_item FOR EACH ROW
    WHEN (NEW.text IS DISTINCT FROM OLD.text AND NEW.text <> '') EXECUTE FUNCTION marginalia_append_only();
"""
# The words that items are found by: of the text, the name, the external id and the fields. The longest texts are found by their
# beginning, because a document of words has at most 1 MB.
SEARCH = """
CREATE FUNCTION annotator_item_words(name text, external_id text, path text, fields jsonb, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', translate(name || ' ' || external_id || ' ' || path, '_-./\\', '     ') || E'\n' ||
                                 left(content, 100000)) ||
           jsonb_to_tsvector('simple', fields, '["string", "numeric"]')
$$;
CREATE INDEX item_by_words ON annotator_item USING gin (annotator_item_words(name, external_id, path, fields, text));
"""
NO_SEARCH = "DROP INDEX item_by_words; DROP FUNCTION annotator_item_words;"
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
        append_only(
            "annotator_answer",
            "(SELECT q.project_id FROM annotator_task t JOIN annotator_question q ON q.id = t.question_id WHERE t.id = ($1).task_id)",
        ),
        append_only("annotator_auditentry"),
        append_only("annotator_revision", "(SELECT project_id FROM annotator_question WHERE id = ($1).question_id)"),
        immutable_columns("annotator_item", "project_id", "sha256", "split"),
        immutable_columns("annotator_project", "salt"),
        migrations.RunSQL(COUNTED, "DROP VIEW annotator_countedanswer"),
        migrations.RunSQL(TEXT, "DROP TRIGGER annotator_item_text ON annotator_item"),
        migrations.RunSQL(SEARCH, NO_SEARCH),
        migrations.RunSQL(TUNE, migrations.RunSQL.noop),
    ]
