import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Time up to the latest that was paid stays paid, in whichever project that was.
CARRY_OVER = """
INSERT INTO workers_clock (worker_id, paid)
SELECT worker_id, jsonb_build_array(jsonb_build_array(0, ceil(extract(epoch FROM max(paid_until)) * 1000)::bigint))
FROM workers_pay WHERE paid_until IS NOT NULL GROUP BY worker_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
CARRY_BACK = """
UPDATE workers_pay y SET paid_until = to_timestamp((c.paid -> -1 ->> 1)::numeric / 1000)
FROM workers_clock c WHERE c.worker_id = y.worker_id AND jsonb_array_length(c.paid) > 0;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('workers', '0007_limits_of_hourly_pay'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paid', models.JSONField(default=list, help_text='Spans from and to, in milliseconds since 1970, in order and apart from each other.')),
                ('worker', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.RunSQL(CARRY_OVER, CARRY_BACK),
        migrations.RemoveField(model_name='pay', name='paid_until'),
    ]
