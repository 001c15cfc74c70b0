"""Can anybody tell gold from regular tasks? A classifier tries, with all that an annotator can read or time.

One person answers over HTTP as the desk does, next to a server as `make run` starts it. The features of an answer are its
place in the order, its id as a number, what the task says, how long the request that brought it took, and how long its own
answer took by the client's clock and by `Server-Timing`. The classifier is gradient boosting; the figure is the area under
the ROC curve of predictions for answers it was not fitted on.
"""

import json
import time
import uuid
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from benchmarks.figure import figure
from benchmarks.queue import Client
from tests.stand import Stand

ANSWERS = 2000
WORDS = 2600  # items, of which GOLD are known
GOLD = 700
FILL = """
import random
from annotator import queue
from annotator.quality import gold
from annotator.questions import suggestions
from annotator.intake import content, texts
from annotator.models import Project, User
project = Project.objects.get(pk={project})
question = project.questions.get(pk={question})
boss = User.objects.get(username="boss")
made = content.store(project, [texts.text(f"{{n}}.txt", f"message {{n:05}}".encode()) for n in range({words})])
chance = random.Random(1)
known = chance.sample([item for item in made if item.split == "train"], {gold})
queue.create_tasks(question, made)
for item in known:
    gold.add(question, boss, item, "yes")
for start in range(0, len(made), 1000):
    said = [{{"item": item.pk, "value": "yes"}} for item in made[start:start + 1000]]
    suggestions.store_suggestions(question, boss, "net", said)
"""


def measure(stand: Stand, boss: str, name: str, token: str) -> None:
    """Print how well gold can be told from regular tasks; 0.5 is not at all."""
    features, is_gold = _answers(stand, boss, name, token)
    model = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=7, random_state=0)
    said = cross_val_predict(model, features, is_gold, cv=5, method="predict_proba")[:, 1]
    auc = float(roc_auc_score(is_gold, said))
    figure("trust.gold_auc_low", auc, "AUC", f"{int(is_gold.sum())} gold answers of {len(is_gold)}")
    figure("trust.gold_auc_high", auc, "AUC", f"{int(is_gold.sum())} gold answers of {len(is_gold)}")


def _answers(stand: Stand, boss: str, name: str, token: str) -> tuple[Any, Any]:
    project = stand.post("/api/v1/projects/", {"name": "Can you tell?"}, boss)[1]["id"]
    base = f"/api/v1/projects/{project}/"
    stand.post(f"{base}budget/", {"amount": "100000"}, boss)
    ask = {"text": "?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "overlap": 1, "test_overlap": 1}
    ask |= {"gold_rate": 0.3, "gold_bar": 0.0}
    question = stand.post(f"{base}questions/", ask, boss)[1]["id"]
    stand.post(f"{base}members/", {"username": name, "role": "annotator"}, boss)
    code = FILL.format(project=project, question=question, words=WORDS, gold=GOLD)
    stand.manage("shell", "-v", "0", "-c", code + "\nfrom workers.budget import reservations; reservations.sweep()")
    client = Client(stand, token)
    rows: list[list[float]] = []
    tasks: list[str] = []
    waiting: list[tuple[dict[str, Any], float]] = []
    began = time.perf_counter()
    _, said, server, waited = client.post(f"{base}questions/{question}/tasks/next/", {"count": 3})
    waiting += [(task, waited) for task in said["tasks"]]
    known = {task["task"] for task, _ in waiting}
    while waiting and len(rows) < ANSWERS:
        task, brought = waiting.pop(0)
        body = {"id": str(uuid.uuid4()), "value": "yes", "active_ms": 900, "next": 3}
        _, said, server, waited = client.post(f"{base}tasks/{task['task']}/answer/", body)
        number = uuid.UUID(task["task"]).int
        rows.append(
            [
                len(rows),
                number >> 96,
                number & 0xFFFFFFFF,
                float(task["suggestion"] is not None),
                float(task["expires_in"]),
                float(task["length"]),
                float(len(json.dumps(task))),
                brought,
                server,
                waited,
                float(len(json.dumps(said))),
                float(len(said.get("tasks", []))),
                float(len(waiting)),
                time.perf_counter() - began,
            ]
        )
        tasks.append(task["task"])
        for new in said.get("tasks", []):
            if new["task"] not in known:
                known.add(new["task"])
                waiting.append((new, waited))
    purposes = dict(
        stand.rows(
            "SELECT a.public_id::text, t.purpose FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id "
            "WHERE t.question_id = %s",
            question,
        )
    )
    return np.array(rows), np.array([purposes[task] == "gold" for task in tasks], dtype=int)
