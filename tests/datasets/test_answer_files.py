"""`manage.py aggregate` and `replay`: on plain files, and on files that are not what they should be."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from datasets.aggregation import answer_files
from tests.datasets.aggregation.crowds import sparse_crowd

GOOD = "task,worker,label\na,w1,cat\na,w2,cat\na,w3,dog\nb,w1,dog\nb,w2,dog\n"


def write(folder, text, name="answers.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def read_labels(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_labels_stand_in_the_order_of_the_answers_with_their_probability(tmp_path):
    out = tmp_path / "labels.csv"
    call_command("aggregate", str(write(tmp_path, GOOD)), out=str(out))
    rows = read_labels(out)
    assert [row["task"] for row in rows] == ["a", "b"] and [row["label"] for row in rows] == ["cat", "dog"]
    assert all(0.5 < float(row["p"]) <= 1 for row in rows)


@pytest.mark.parametrize(
    "model", ["communities", "dawid-skene", "one-coin", "glad", "mace", "majority", "weighted-majority"]
)
def test_every_model_can_be_named(tmp_path, model):
    out = tmp_path / "labels.csv"
    call_command("aggregate", str(write(tmp_path, GOOD)), model=model, out=str(out))
    assert [row["label"] for row in read_labels(out)] == ["cat", "dog"]


def test_gold_stands_and_a_task_nobody_answered_is_passed_over(tmp_path):
    gold = write(tmp_path, "task,label\na,dog\nzzz,cat\nb,bird\n", "gold.csv")
    out = tmp_path / "labels.csv"
    call_command("aggregate", str(write(tmp_path, GOOD)), gold=str(gold), out=str(out))
    assert [(row["task"], row["label"], row["p"]) for row in read_labels(out)] == [
        ("a", "dog", "1.000000"),
        ("b", "bird", "1.000000"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file is empty"),
        ("\n", "the file is empty"),
        ("task,worker,label\n", "a header and no answer"),
        ("task,worker\na,w\n", "row 1: there is no column “label”"),
        ("task,label,worker,label\na,x,w,y\n", "row 1: there is more than one column “label”"),
        ("task;worker;label\na;w;x\n", "fields are separated by commas"),
        (GOOD + "c,w1\n", "row 7 has 2 fields, the header has 3"),
        (GOOD + "c,w1,cat,oops\n", "row 7 has 4 fields"),
        (GOOD + "c,,cat\n", "row 7 has no worker"),
        (GOOD + ",w1,cat\n", "row 7 has no task"),
        (GOOD + 'c,w1,"cat\nd,w1,dog\n', "row 7 cannot be read: a quoted field begins and does not end"),
        (GOOD + 'c,w1,"ca"t\n', "row 7 cannot be read: text follows a closing quote"),
        (GOOD + "a,w1,dog\n", "row 7: worker “w1” answers task “a” a second time"),
        (GOOD.encode() + "c,w1,süß\n".encode("latin-1"), "row 7 is not UTF-8 text"),
        (GOOD.encode("utf-16")[:-1], "is not UTF-16 text"),
        (GOOD + f"c,w1,{'x' * 1_100_000}\n", "row 7 cannot be read: field larger"),
    ],
)
def test_what_is_wrong_is_named_with_its_row_and_nothing_is_written(tmp_path, text, fault):
    out = tmp_path / "labels.csv"
    out.write_text("as before")
    with pytest.raises(CommandError) as said:
        call_command("aggregate", str(write(tmp_path, text)), out=str(out))
    assert fault in str(said.value) and "answers.csv" in str(said.value)
    assert out.read_text() == "as before" and sorted(one.name for one in tmp_path.iterdir()) == [
        "answers.csv",
        "labels.csv",
    ]


def test_the_row_is_that_of_the_table_not_of_the_lines(tmp_path):
    text = 'task,worker,label\n"a\nb\nc",w1,x\n\nd,w1,x\nd,w1,y\n'
    with pytest.raises(CommandError, match="row 5: worker “w1” answers task “d” a second time"):
        call_command("aggregate", str(write(tmp_path, text)), out=str(tmp_path / "out.csv"))


@pytest.mark.parametrize(("encoding", "named"), [("utf-8-sig", None), ("utf-16", None), ("latin-1", "latin-1")])
def test_other_encodings_are_read(tmp_path, encoding, named):
    path = write(tmp_path, "task,worker,label\nü,w1,süß\n", encoding=encoding)
    _, tasks, labels = answer_files.read(path, encoding=named)
    assert (tasks, labels) == (["ü"], ["süß"])


def test_names_are_kept_as_they_are(tmp_path):
    rows = [("=1+1", "x", 'says "hi", then\ngoes'), (" a ", "x", "0"), ("NULL", "x", "nan")]
    path, out = tmp_path / "answers.csv", tmp_path / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("task", "worker", "label"), *rows])
    call_command("aggregate", str(path), out=str(out))
    assert [(row["task"], row["label"]) for row in read_labels(out)] == [(task, label) for task, _, label in rows]


def test_a_file_that_is_not_there_and_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("aggregate", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("aggregate", str(write(tmp_path, GOOD)), out=str(tmp_path / "no" / "labels.csv"))


def test_gold_that_contradicts_itself_is_refused(tmp_path):
    gold = write(tmp_path, "task,label\na,dog\na,cat\n", "gold.csv")
    with pytest.raises(CommandError, match=r"gold.csv: row 3: task “a” has another label before"):
        call_command("aggregate", str(write(tmp_path, GOOD)), gold=str(gold))


def test_it_needs_no_project_and_no_database(tmp_path):
    """As a data scientist calls it: a process of its own, to standard output."""
    surroundings = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "MARGINALIA_HOME": str(tmp_path / "var"),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "aggregate", str(write(tmp_path, GOOD))],
        capture_output=True,
        text=True,
        env=surroundings,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "task,label,p" and "2 labels from 5 answers of 3 workers" in done.stderr


def recorded(folder, **fields):
    answers, truth = sparse_crowd(n_items=200, per_item=6, n_classes=2, skill=(6, 2), spammers=0, **fields)
    lines = [f"t{i},w{w},c{c}" for i, w, c in zip(answers.items, answers.workers, answers.classes, strict=True)]
    write(folder, "task,worker,label\n" + "\n".join(lines) + "\n")
    write(folder, "task,label\n" + "".join(f"t{i},c{c}\n" for i, c in enumerate(truth)), "gold.csv")
    return str(folder / "answers.csv"), str(folder / "gold.csv")


def test_a_replay_says_what_a_policy_would_have_cost_and_got(tmp_path, capsys):
    answers, gold = recorded(tmp_path)
    call_command("replay", answers, gold=gold, policy="adaptive", start=2, max=6, price=0.02)
    said = json.loads(capsys.readouterr().out)
    assert said["answers_recorded"] == 1200 and 400 <= said["answers_asked"] < 1200
    assert said["saved"] == pytest.approx(1 - said["answers_asked"] / 1200, abs=1e-3)
    assert said["cost"] == pytest.approx(said["answers_asked"] * 0.02) and said["cost_of_all"] == 24
    assert 0.8 < said["accuracy"] <= 1 and 0.8 < said["majority_accuracy"] <= 1


def test_a_fixed_policy_and_several_orders(tmp_path, capsys):
    answers, gold = recorded(tmp_path)
    call_command("replay", answers, gold=gold, policy="fixed", start=3, orders=3, seed=1)
    said = json.loads(capsys.readouterr().out)
    assert said["answers_asked"] == 600 and said["orders"] == 3 and "cost" not in said


def test_without_gold_there_is_no_accuracy(tmp_path, capsys):
    answers, _ = recorded(tmp_path)
    call_command("replay", answers)
    assert "accuracy" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("wrong", [{"start": 0}, {"start": 5, "max": 3}, {"worth": -1}, {"orders": 0}, {"price": -1.0}])
def test_absurd_policies_are_refused(tmp_path, wrong):
    with pytest.raises(CommandError, match="must be"):
        call_command("replay", recorded(tmp_path)[0], **wrong)


@pytest.mark.slow
def test_ten_million_rows_are_streamed(tmp_path):
    """In less memory than the file's rows would take as objects; a fault in the last row is still named by its number."""
    path, luck = tmp_path / "answers.csv", np.random.default_rng(0)
    with path.open("w") as file:
        file.write("task,worker,label\n")
        for start in range(0, 2_000_000, 100_000):
            tasks = np.repeat(np.arange(start, start + 100_000), 5)
            workers = (np.repeat(luck.integers(0, 20_000, 100_000), 5) + np.tile(np.arange(5), 100_000)) % 20_000
            labels = luck.integers(0, 4, 500_000)
            file.writelines(
                f"{t},{w},{c}\n" for t, w, c in zip(tasks.tolist(), workers.tolist(), labels.tolist(), strict=True)
            )
        file.write("5,6\n")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    said, peak = done.stdout.splitlines()
    assert "row 10,000,002 has 2 fields" in said and float(peak) < 1500


_MEASURED = """
import sys
from pathlib import Path
from datasets.aggregation import answer_files
try:
    answer_files.read(Path(sys.argv[1]))
except answer_files.Malformed as problem:
    print(problem)
# Not ru_maxrss, which counts the memory of the process that started this one, too.
print(next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
