import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotator', '0009_parts_of_jobs'),
    ]

    operations = [
        migrations.AddField(
            model_name='assignment',
            name='public_id',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, unique=True),
        ),
        migrations.AddField(
            model_name='question',
            name='suggestions_shown',
            field=models.BooleanField(db_default=True, default=True, editable=False, help_text='Whether suggestions are shown: not while an item with a known answer has none, which would give it away.'),
        ),
        migrations.AlterField(
            model_name='standing',
            name='overruled',
            field=models.BooleanField(default=False, help_text='A manager let them go on: they need no qualification.'),
        ),
        migrations.CreateModel(
            name='AnswerCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='annotator.answer')),
            ],
        ),
    ]
