from django.db import migrations

from annotator.server.append_only import append_only

# Every answer, by whatever path it comes, marks the label of its item. The table has no constraints: it is written with each
# answer, and read and emptied by the computation of labels.
MARK_STALE = """
CREATE FUNCTION datasets_mark_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO datasets_stalelabel (question_id, item_id)
    SELECT question_id, item_id FROM annotator_task WHERE id = NEW.task_id;
    RETURN NULL;
END $$;
CREATE TRIGGER datasets_mark_stale AFTER INSERT ON annotator_answer
FOR EACH ROW EXECUTE FUNCTION datasets_mark_stale();
"""
# The content goes, and all else stays.
ERASED = """
OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.content = ''
AND (NEW.id, NEW.question_id, NEW.item_id, NEW.leaf) = (OLD.id, OLD.question_id, OLD.item_id, OLD.leaf)
"""
UNDO = """
DROP TRIGGER datasets_mark_stale ON annotator_answer;
DROP FUNCTION datasets_mark_stale();
"""


class Migration(migrations.Migration):
    """Frozen versions are refused every change but the erasure of an item; answers mark the labels that do not know of them yet."""

    dependencies = [("datasets", "0001_schema"), ("annotator", "0002_guards")]
    operations = [
        append_only("datasets_version"),
        append_only("datasets_manifest", "(SELECT project_id FROM datasets_version WHERE id = ($1).version_id)"),
        append_only("datasets_frozenitem", "(SELECT project_id FROM annotator_question WHERE id = ($1).question_id)", ERASED),
        migrations.RunSQL(MARK_STALE, UNDO),
    ]
