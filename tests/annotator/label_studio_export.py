"""An export in Label Studio's JSON format, made by the test, with what each of its annotations means here."""

import io
import json
import random
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import make

PEOPLE = {1: "ana@example.org", 2: "ben@example.org"}
BEGIN = datetime(2024, 3, 1, 9, tzinfo=UTC)
WIDTH, HEIGHT = 200, 100


@dataclass
class Meant:
    """What an export means: answers by (external id, control, person), and the rest."""

    answers: dict[tuple[str, str, str], tuple[Any, datetime]] = field(default_factory=dict)
    gold: dict[tuple[str, str], Any] = field(default_factory=dict)
    suggestions: dict[tuple[str, str], tuple[str, Any]] = field(default_factory=dict)
    cancelled: int = 0


def units(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text.encode("utf-16-le")) // 2


def result(name: str, to: str, kind: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{random.random()}"[:12],
        "from_name": name,
        "to_name": to,
        "type": kind,
        "value": value,
        "origin": "manual",
        **more,
    }


def annotation(number: int, who: int, results: list[Any], **more: Any) -> dict[str, Any]:
    at = BEGIN + timedelta(minutes=number)
    person: Any = {"id": who, "email": PEOPLE[who], "first_name": "", "last_name": ""}
    return {
        "id": 1000 + number,
        "completed_by": person,
        "result": results,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": at.isoformat().replace("+00:00", "Z"),
        "updated_at": at.isoformat().replace("+00:00", "Z"),
        "lead_time": 3.5 + number,
        **more,
    }


def texts_export(tasks: int = 200, seed: int = 5) -> tuple[list[dict[str, Any]], Meant]:
    """Return tasks about texts, with choices and spans behind emoji, and what they mean."""
    luck, meant, made = random.Random(seed), Meant(), []
    for number in range(1, tasks + 1):
        before = luck.choice(["", "😞 ", "👩‍👩‍👧 says: ", "Łódź – ", "line one\r\nline two 💩 "])
        name = luck.choice(["Anna", "Bożena", "𝒳enia"])
        text = f"{before}{name} waited for order {number}."
        task: dict[str, Any] = {
            "id": number,
            "data": {"text": text, "customer": f"c{number % 7}"},
            "annotations": [],
            "predictions": [],
            "drafts": [{"result": [1]}],
            "meta": {},
        }
        stored = text.replace("\r\n", "\n")
        at = stored.index(name)
        spans = {"spans": [{"start": at, "end": at + len(name), "label": "person"}]}
        first = units(text[: text.index(name)])
        marked = result(
            "entities",
            "text",
            "labels",
            {"start": first, "end": first + units(name), "text": name, "labels": ["person"]},
        )
        for who in (1, 2) if number % 10 else ():
            feeling = luck.choice(["sad", "happy"])
            one = annotation(
                2 * number + who, who, [result("feeling", "text", "choices", {"choices": [feeling]}), marked]
            )
            if who == 2 and number % 9 == 0:
                one["was_cancelled"] = True
                meant.cancelled += 1
            elif who == 1 and number % 25 == 0:
                one["ground_truth"] = True
                meant.gold[str(number), "feeling"], meant.gold[str(number), "entities"] = feeling, spans
            else:
                at_time = BEGIN + timedelta(minutes=2 * number + who)
                meant.answers[str(number), "feeling", PEOPLE[who]] = feeling, at_time
                meant.answers[str(number), "entities", PEOPLE[who]] = spans, at_time
            if number % 25 != 0 or who == 1:
                task["annotations"].append(one)
            else:
                for control in ("feeling", "entities"):
                    meant.answers.pop((str(number), control, PEOPLE[who]), None)
                meant.cancelled -= one["was_cancelled"]
        if number % 4 == 0:
            task["predictions"].append(
                {
                    "model_version": "bert-3",
                    "score": 0.75,
                    "result": [result("feeling", "text", "choices", {"choices": ["sad"]}), marked],
                }
            )
            meant.suggestions[str(number), "feeling"] = "bert-3", "sad"
            meant.suggestions[str(number), "entities"] = "bert-3", spans
        made.append(task)
    return made, meant


def pictures_export(tasks: int = 200, seed: int = 6) -> tuple[list[dict[str, Any]], Meant, dict[str, bytes]]:
    """Return tasks about pictures with boxes, turned boxes, outlines, points and choices; what they mean; and the pictures."""
    luck, meant, made, files = random.Random(seed), Meant(), [], {}
    for number in range(1, tasks + 1):
        name = f"picture {number}.png" if number % 2 else f"ę{number}.png"
        files[f"images/{name}"] = make.png(100_000 + number, (WIDTH, HEIGHT))
        address = f"/data/upload/3/{number:08x}-{name.replace(' ', '%20')}"
        task: dict[str, Any] = {
            "id": number,
            "data": {"image": address, "shelf": number % 5},
            "annotations": [],
            "predictions": [],
        }
        size = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
        for who in (1, 2) if number % 10 else ():
            x, y = luck.randrange(10, 40), luck.randrange(10, 40)
            box = {"x": x, "y": y, "width": 20, "height": 30, "rotation": 0, "rectanglelabels": ["cup"]}
            turned = {"x": 60, "y": 10, "width": 10, "height": 20, "rotation": 90, "rectanglelabels": ["plate"]}
            outline = {"points": [[1, 1], [9, 1], [9, 8]], "polygonlabels": ["rim"], "closed": True}
            spot = {"x": 50, "y": 50, "width": 0.5, "keypointlabels": ["tip"]}
            results = [
                result("things", "image", "rectanglelabels", box, **size),
                result("things", "image", "rectanglelabels", turned, **size),
                result("outlines", "image", "polygonlabels", outline, **size),
                result("spots", "image", "keypointlabels", spot, **size),
                result("clean", "image", "choices", {"choices": ["yes" if who == 1 else "no"]}),
                result("stars", "image", "rating", {"rating": 1 + number % 5}),
            ]
            if number % 15 == 0:
                results = results[4:]  # nothing was drawn
            one = annotation(2 * number + who, who, results)
            task["annotations"].append(one)
            at, key = BEGIN + timedelta(minutes=2 * number + who), (str(number), PEOPLE[who])
            drawn = number % 15 != 0
            shapes = [
                {"type": "box", "label": "cup", "x": x * 2.0, "y": float(y), "width": 40.0, "height": 30.0},
                # Turned by 90° about its top-left corner, 20 × 20 pixels to the left and down.
                {
                    "type": "polygon",
                    "label": "plate",
                    "points": [[120.0, 10.0], [120.0, 30.0], [100.0, 30.0], [100.0, 10.0]],
                },
            ]
            meant.answers[key[0], "things", key[1]] = {"shapes": shapes if drawn else []}, at
            rim = {"type": "polygon", "label": "rim", "points": [[2.0, 1.0], [18.0, 1.0], [18.0, 8.0]]}
            meant.answers[key[0], "outlines", key[1]] = {"shapes": [rim] if drawn else []}, at
            tip = {"type": "point", "label": "tip", "x": 100.0, "y": 50.0}
            meant.answers[key[0], "spots", key[1]] = {"shapes": [tip] if drawn else []}, at
            meant.answers[key[0], "clean", key[1]] = "yes" if who == 1 else "no", at
            meant.answers[key[0], "stars", key[1]] = 1 + number % 5, at
        made.append(task)
    return made, meant, files


def archive(tasks: list[Any], files: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(zipfile.ZipInfo("project-1.json"), json.dumps(tasks))
        for path, content in files.items():
            packed.writestr(zipfile.ZipInfo(path), content)  # without the time: the same bytes each time
    buffer.seek(0)
    return buffer


def document(tasks: Any) -> io.BytesIO:
    return io.BytesIO(json.dumps(tasks).encode())
