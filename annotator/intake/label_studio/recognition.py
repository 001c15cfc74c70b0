"""What an export holds: its questions, its people, what its tasks show, and what cannot be imported."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from annotator.intake.label_studio import annotations
from annotator.intake.label_studio.controls import FILE, IMAGE_TYPES, MOST_CONTROLS, Control
from annotator.intake.label_studio.export import ExportedTask

MOST_NAMED = 100  # people, pictures and problems that are named
_USUAL = ("text", "image", "audio", "html")


class Recognition:
    """Sees the tasks of an export one by one, and says what they hold."""

    def __init__(self) -> None:
        self.controls: dict[str, Control] = {}
        self.people, self.counts = Counter[str](), Counter[str]()
        self.keys, self.votes = Counter[str](), Counter[str]()
        self.files = Counter[str]()
        self.pairs = Counter[tuple[str, str]]()
        self.problems: list[str] = []
        self.too_many: set[str] = set()

    def see(self, task: ExportedTask) -> None:
        """Learn from one task."""
        self.counts["tasks"] += 1
        texts = {key: value for key, value in task.data.items() if isinstance(value, str) and len(key) <= 200}
        for key, value in texts.items():
            self.keys[key] += 1
            self.files[key] += bool(FILE.search(value[-300:]))
        if not task.annotations:
            self.counts["without_annotation"] += 1
        for one in task.annotations:
            if isinstance(one, dict):
                self.counts["cancelled" if one.get("was_cancelled") is True else "annotations"] += 1
                self.counts["ground_truth"] += one.get("ground_truth") is True
                if one.get("was_cancelled") is not True:
                    self.people[annotations.annotator(one)] += 1
                    self._see_results(one, texts)
        for one in task.predictions:
            if isinstance(one, dict):
                self.counts["predictions"] += 1
                self._see_results(one, texts)

    def _see_results(self, annotation: dict[str, Any], texts: dict[str, str]) -> None:
        for name, kind, value, result in annotations.results_of(annotation):
            if name not in self.controls and len(self.controls) >= MOST_CONTROLS:
                self.too_many.add(name)
                continue
            self.controls.setdefault(name, Control(name)).see(kind, value)
            self._vote(kind, value, result, texts)

    def _vote(self, kind: str, value: dict[str, Any], result: dict[str, Any], texts: dict[str, str]) -> None:
        """Find which part of the data a result is about: its name is in the labelling configuration, which is not exported."""
        about = result.get("to_name")
        names = about.split(",") if isinstance(about, str) else about if isinstance(about, list) else []
        names = [one.strip() for one in names if isinstance(one, str)]
        if kind == "pairwise":
            two = names if len(names) == 2 and all(one in texts for one in names) else list(texts)[:2]
            if len(two) == 2:
                self.pairs[two[0], two[1]] += 1
        elif kind in IMAGE_TYPES:
            self.votes.update(key for key in texts if FILE.search(texts[key][-300:]))
        elif kind == "labels" and isinstance(value.get("text"), str):
            self.votes.update(key for key in texts if value["text"] and value["text"].strip() in texts[key])
        self.votes.update(one for one in names[:1] if one in texts)

    def problem(self, what: str) -> None:
        """Name something that is no task."""
        self.counts["rejected"] += 1
        if len(self.problems) < MOST_NAMED:
            self.problems.append(what)

    def _shown(self) -> dict[str, Any]:
        """Return which part of the data is shown, and as what: `text`, `file`, `html` or `pair`."""
        if self.pairs:
            left, right = self.pairs.most_common(1)[0][0]
            return {"modality": "pair", "keys": [left, right]}
        usual = sorted(self.keys, key=lambda key: (key not in _USUAL, -self.keys[key]))
        best = self.votes.most_common(1)
        key = best[0][0] if best else next(iter(usual), "")
        if not key:
            return {"modality": "text", "keys": []}
        if 2 * self.files[key] > self.keys[key]:
            return {"modality": "file", "keys": [key]}
        marks = {kind: sum(one.types[kind] for one in self.controls.values()) for kind in ("labels", "hypertextlabels")}
        return {"modality": "html" if marks["hypertextlabels"] > marks["labels"] else "text", "keys": [key]}

    def summary(self) -> dict[str, Any]:
        """Return what was recognised, as plain values."""
        questions = [one.described() for one in self.controls.values()]
        shown = self._shown()
        for one in questions:
            one["problem"] = one["problem"] or _mismatch(one["kind"], shown["modality"])
        problems = list(self.problems)
        if self.too_many:
            problems.append(f"It has more than {MOST_CONTROLS} controls; the others are left out.")
        names = ("tasks", "annotations", "cancelled", "ground_truth", "predictions", "without_annotation", "rejected")
        return {
            **{name: self.counts[name] for name in names},
            "shown": shown,
            "questions": questions,
            "people": [{"name": name, "annotations": count} for name, count in self.people.most_common(MOST_NAMED)],
            "people_count": len(self.people),
            "problems": problems,
        }


def _mismatch(kind: str, modality: str) -> str:
    """Return why a question of a kind cannot be asked about what the tasks show; "" if it can."""
    wants = {"span": "text", "box": "file", "pair": "pair"}.get(kind, modality)
    if wants == modality:
        return ""
    what = {"text": "a text", "file": "a picture", "pair": "a pair", "html": "a formatted text"}
    return f"it is about {what[wants]}, and most of the export is about {what[modality]}"


def recognised(found: Iterable[ExportedTask | str]) -> dict[str, Any]:
    """Return what an export holds."""
    seen = Recognition()
    for one in found:
        if isinstance(one, str):
            seen.problem(one)
        else:
            seen.see(one)
    return seen.summary()
