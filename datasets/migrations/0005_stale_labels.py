from django.db import migrations, models

# Every answer, by whatever path it comes, marks the label of its item. The table has no constraints: it is written with each
# answer, and read and emptied by the computation of labels.
TRIGGER = """
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
# What is not up to date before this migration is computed anew once after it.
MARK_ALL = """
INSERT INTO datasets_stalelabel (question_id)
SELECT id FROM annotator_question q WHERE EXISTS (
    SELECT 1 FROM annotator_task t JOIN annotator_answer a ON a.task_id = t.id WHERE t.question_id = q.id)
"""


class Migration(migrations.Migration):
    """Answers mark the labels that do not know of them yet."""

    dependencies = [
        ("annotator", "0013_free_texts_have_a_length"),
        ("datasets", "0004_opinions_and_what_was_learned"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaleLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "question",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="annotator.question",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.CASCADE,
                        related_name="+",
                        to="annotator.item",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGER, UNDO),
        migrations.RemoveField(model_name="aggregation", name="seen"),
        migrations.RemoveField(model_name="aggregation", name="stale"),
    ]
