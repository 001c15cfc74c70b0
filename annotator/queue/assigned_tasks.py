"""Tasks that people hold: what a person may know of one, and the SQL that assigns it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ITEM = """i.project_id, i.sha256, i.modality, i.width, i.height, i.length,
       CASE WHEN i.size <= 65536 THEN i.text ELSE '' END,
       (SELECT json_build_object('value', g.value, 'model', g.model) FROM annotator_suggestion g WHERE g.id = {}.suggestion_id)"""
# A suggestion must not reveal what kind of item it is. Half of all assignments show one, whatever the task's purpose and
# the item's split, and none does while a gold item lacks one.
SUGGESTION = """(SELECT s.id FROM annotator_suggestion s
                  WHERE s.question_id = t.question_id AND s.item_id = t.item_id AND s.current AND random() < 0.5
                    AND (SELECT suggestions_shown FROM annotator_question WHERE id = %(question)s::bigint))"""
# The people a task may go to: those who have not met it, or who let it go unanswered.
FREE_FOR = """t.open_slots > 0 AND coalesce((SELECT a.state FROM annotator_assignment a
        WHERE a.task_id = t.id AND a.worker_id = %(worker)s::bigint), 'expired') IN ('expired', 'returned')"""
LEASE = f"""
leased AS (
    INSERT INTO annotator_assignment AS a (task_id, worker_id, state, reason, leased_at, expires_at, suggestion_id, companion_id)
    SELECT held.id, %(worker)s::bigint, 'held', '', clock_timestamp(), now() + make_interval(secs => %(seconds)s),
           held.suggestion_id, held.companion_id FROM held
    ON CONFLICT (task_id, worker_id) DO UPDATE SET state = 'held', reason = '', leased_at = excluded.leased_at,
                                                   expires_at = excluded.expires_at, suggestion_id = excluded.suggestion_id,
                                                   companion_id = excluded.companion_id
    RETURNING a.task_id, a.public_id, a.expires_at, a.suggestion_id
), noted AS (
    UPDATE annotator_workerstatus SET handed_at = clock_timestamp()
    WHERE question_id = %(question)s::bigint AND worker_id = %(worker)s::bigint AND EXISTS (SELECT 1 FROM leased)
)
SELECT leased.public_id, leased.task_id, leased.expires_at, taken.item_id, {ITEM.format("leased")}
FROM leased JOIN taken ON taken.id = leased.task_id JOIN annotator_item i ON i.id = taken.item_id
"""  # noqa: S608


@dataclass(frozen=True)
class AssignedTask:
    """A task that a person holds, with what they may know of it: the item, and nothing that shows why it is asked."""

    public_id: uuid.UUID
    task_id: int
    expires_at: datetime
    item_id: int
    project_id: int
    sha256: str
    modality: str
    width: int
    height: int
    length: int
    text: str  # the content, unless it is long, a picture or a sound
    suggestion: dict[str, Any] | None = None
