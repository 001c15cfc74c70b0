from django.db import migrations

# What was put to people before there were batches goes into a standing batch, open as it was.
FILL = """
INSERT INTO annotator_batch (question_id, number, name, state, "order", standing, created_by_id, created_at, opened_at)
SELECT id, 1, 'Everything', 'open', 'priority', true, created_by_id, created_at, created_at FROM annotator_question;
UPDATE annotator_task t SET batch_id = b.id, turn = -t.priority::bigint * 2147483648 + t.position
FROM annotator_batch b WHERE b.question_id = t.question_id;
INSERT INTO annotator_standing (question_id, worker_id, state, reason, overruled, answers, skips, gold_right, gold_total,
                                qualification_right, qualification_total, last_at)
SELECT t.question_id, a.worker_id, 'working', '', false, count(*), 0, 0, 0, 0, 0, max(a.created_at)
FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id GROUP BY t.question_id, a.worker_id;
"""
# The front of the queue is written again and again: clean it early.
TUNE = """
ALTER TABLE annotator_task SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE annotator_assignment SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE annotator_standing SET (fillfactor = 50);
ALTER TABLE annotator_bookmark SET (fillfactor = 50);
"""


class Migration(migrations.Migration):

    dependencies = [("annotator", "0003_the_queue_and_its_people")]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(TUNE, migrations.RunSQL.noop),
    ]
