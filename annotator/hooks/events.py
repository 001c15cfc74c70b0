"""The events that webhooks can subscribe to."""

from typing import Any

from psycopg.types.json import Jsonb

from annotator.server import sql

EVENTS = {
    "answer.accepted": "An answer was taken in",
    "answer.changed": "An annotator changed an answer",
    "answers.excluded": "Answers of a paused person were excluded",
    "answers.imported": "Answers or labels of another system were imported",
    "task.decided": "A reviewer decided an item",
    "batch.opened": "A batch was opened",
    "batch.paused": "A batch was paused",
    "batch.closed": "A batch was closed",
    "batch.finished": "Every task of a batch has all its answers",
    "worker.joined": "A person joined",
    "worker.left": "A person left",
    "worker.qualified": "A person passed the qualification",
    "worker.paused": "A person was paused",
    "worker.resumed": "A paused person goes on",
}
_WRITE = """
INSERT INTO annotator_delivery (id, webhook_id, event, content, state, attempts, next_at, said, created_at)
SELECT gen_random_uuid(), id, %(event)s::text, %(content)s::jsonb, 'waiting', 0, now(), '', now()
FROM annotator_webhook WHERE project_id = %(project)s::bigint AND active AND events ? %(event)s::text
"""


def register(events: dict[str, str]) -> None:
    """Add the events of an app above this one. Called once, when that app is ready."""
    EVENTS.update(events)


def emit(project_id: int, event: str, content: dict[str, Any]) -> None:
    """Create a delivery for each webhook of a project that wants an event, in the same transaction as the event."""
    assert event in EVENTS, event
    sql.rows(_WRITE, project=project_id, event=event, content=Jsonb(content))
