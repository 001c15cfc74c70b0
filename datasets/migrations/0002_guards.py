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
UNDO = """
DROP TRIGGER datasets_mark_stale ON annotator_answer;
DROP FUNCTION datasets_mark_stale();
"""


class Migration(migrations.Migration):
    """A frozen version is refused every change; answers mark the labels that do not know of them yet."""

    dependencies = [("datasets", "0001_schema"), ("annotator", "0002_guards")]
    operations = [append_only("datasets_version"), migrations.RunSQL(MARK_STALE, UNDO)]
