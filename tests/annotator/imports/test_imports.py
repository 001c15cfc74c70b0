"""A table is recognised, mapped, checked and imported; nothing is lost, and nothing is stored in part."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from annotator import jobs
from annotator.intake.imports import job as import_job
from annotator.intake.imports import reader, rejected, requests, stream
from annotator.intake.tables.source import TableReading
from annotator.models import Import, Split
from annotator.models.job import JobState
from annotator.refusal import Refused
from tests import make
from tests.annotator.imports.files import begun, imported

SHEET = (
    "Ticket;Message;Source;Received;Verdict\n"
    "T-1;“Too late” – again, 5 €;mail;2026-01-02;angry\n"
    "T-2;Thank you, it works now as it should;web;2026-01-03;calm\n"
    'T-3;"open;web;2026-01-03;calm\n'
    "T-4;one cell too many;web;2026-01-03;calm;x\n"
    "T-5;;web;2026-01-04;calm\n"
    "T-6;Where is my order? It is two weeks late;phone;2026-01-05;angry\n"
)


@pytest.mark.django_db
def test_a_spreadsheet_is_recognised_with_its_encoding_delimiter_and_columns(project, manager):
    found = begun(project, manager, "tickets.csv", SHEET.encode("cp1252"))
    assert found.reading == {"encoding": "cp1252", "delimiter": ";"}
    assert [column["name"] for column in found.columns] == ["Ticket", "Message", "Source", "Received", "Verdict"]
    assert "“Too late” – again, 5 €" in found.columns[1]["samples"]
    assert found.mapping["columns"]["Message"] == "text"
    assert [line for line, *_ in found.recognised["problems"]] == [4, 5]
    assert project.items.count() == 0, "nothing is imported before the person says so"


@pytest.mark.django_db
def test_good_rows_come_in_and_bad_ones_come_back_as_they_were_written(project, manager, question):
    found = imported(project, manager, "tickets.csv", SHEET.encode("cp1252"), columns={"Ticket": "external_id"})
    assert found.job.state == JobState.DONE, found.job.error
    assert found.counts == {"new": 3, "known": 0, "changed": 0, "answers": 0, "rejected": 3}
    items = {item.external_id: item for item in project.items.all()}
    assert items["T-1"].text == "“Too late” – again, 5 €" and items["T-1"].modality == "text"
    assert items["T-1"].fields == {"Source": "mail", "Received": "2026-01-02", "Verdict": "angry"}
    back = "".join(rejected.lines(found))
    assert back.removeprefix("\ufeff").splitlines() == [
        "Ticket;Message;Source;Received;Verdict",
        'T-3;"open;web;2026-01-03;calm',
        "T-4;one cell too many;web;2026-01-03;calm;x",
        "T-5;;web;2026-01-04;calm",
    ]
    reasons = list(csv.reader(io.StringIO("".join(rejected.report_lines(found)))))
    assert [row[0] for row in reasons] == ["\ufeffline", "4", "5", "6"] and "empty" in reasons[3][1]


@pytest.mark.django_db
def test_corrected_rows_are_mapped_as_before_and_the_same_file_is_already_there(project, manager):
    first = imported(project, manager, "tickets.csv", SHEET.encode("cp1252"), columns={"Ticket": "external_id"})
    back = "".join(rejected.lines(first)).replace('"open', "open").replace(";x\n", "\n").replace("T-5;;", "T-5;words;")
    again = begun(project, manager, rejected.file_name(first), back)
    assert again.mapping["columns"] == first.mapping["columns"] and again.recognised["remembered"]
    requests.start(again, manager)
    make.run_jobs()
    again.refresh_from_db()
    assert again.counts["new"] == 3 and project.items.count() == 6
    same = imported(project, manager, "tickets.csv", SHEET.encode("cp1252"), columns={"Ticket": "external_id"})
    assert (same.counts["new"], same.counts["known"]) == (0, 3)


@pytest.mark.django_db
def test_a_check_says_what_an_import_would_do_and_stores_nothing(project, manager):
    imported(project, manager, "a.csv", "id,text\n1,here\n2,there\n")
    found = begun(project, manager, "a.csv", "id,text\n1,here\n2,elsewhere\n3,new\nbad\n")
    requests.start(found, manager, check_only=True)
    make.run_jobs()
    found.refresh_from_db()
    assert found.counts == {"checked": {"new": 1, "known": 1, "changed": 1, "answers": 0, "rejected": 2}}
    assert [row.number for row in found.rejected_rows.all()] == [3, 5]
    assert project.items.count() == 2
    requests.start(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.counts["new"] == 1 and found.rejected_rows.count() == 2, "rejected rows of the check do not come twice"


@pytest.mark.django_db
def test_all_or_nothing_imports_nothing_when_one_row_is_bad(project, manager, question):
    found = imported(project, manager, "a.csv", "id,text\n1,one\nbad\n2,two\n", on_rejected="stop")
    assert found.job.state == JobState.FAILED and "nothing was" in found.job.error
    assert project.items.count() == 0 and [row.raw for row in found.rejected_rows.all()] == ["bad"]
    whole = imported(project, manager, "b.csv", "id,text\n1,one\n2,two\n", on_rejected="stop")
    assert whole.counts["new"] == 2 and question.tasks.count() == 2


@pytest.mark.django_db
def test_an_item_with_another_content_is_replaced_only_if_asked(project, manager, question):
    imported(project, manager, "a.csv", "id,text\n1,old words\n")
    kept = imported(project, manager, "a.csv", "id,text\n1,new words\n")
    assert (kept.counts["changed"], kept.counts["rejected"]) == (1, 1)
    [row] = kept.rejected_rows.all()
    assert "another content" in row.reason and row.raw == "1,new words"
    taken = imported(project, manager, "a.csv", "id,text\n1,new words\n", changed="replace")
    assert (taken.counts["new"], taken.counts["rejected"]) == (1, 0)
    assert [item.text for item in project.items.filter(external_id="1", withdrawn_at=None)] == ["new words"]
    assert project.items.get(text="old words").withdrawn_at


@pytest.mark.django_db
def test_groups_stay_on_one_side_and_splits_of_the_data_are_respected(project, manager):
    rows = "".join(f"{n},text {n},customer {n % 7},\n" for n in range(200))
    imported(project, manager, "a.csv", f"id,text,customer,split\n{rows}")
    sides = set(project.items.values_list("group", "split"))
    assert len(sides) == 7 and {split for _, split in sides} <= {Split.TRAIN, Split.TEST}
    given = imported(
        project,
        manager,
        "b.csv",
        "id,text,customer,split\na,one more,new,test\nb,and one,new,train\nc,third,,Testing\n",
    )
    assert given.counts["rejected"] == 1 and "stays on one side" in given.rejected_rows.get().reason
    assert project.items.get(external_id="a").split == project.items.get(external_id="c").split == "test"
    assert project.items.filter(group="").count() == 1, "an empty group is no group"


@pytest.mark.django_db
def test_a_label_is_never_shown_by_itself_and_a_row_shows_what_is_chosen(project, manager):
    found = begun(project, manager, "a.csv", "size,colour,label\n3,red,ripe\n4,green,raw\n")
    assert found.mapping["columns"] == {"size": "shown", "colour": "shown", "label": "label"}
    with pytest.raises(requests.BadImport, match="Choose the question"):
        requests.start(found, manager)
    requests.choose(found, {"columns": found.mapping["columns"] | {"label": "field"}})
    requests.start(found, manager)
    make.run_jobs()
    item = project.items.first()
    assert json.loads(item.text) == {"size": "3", "colour": "red"} and item.fields == {"label": "ripe"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"text": "field", "id": "field"}, "Choose what people see"),
        ({"text": "text", "id": "html"}, "made in one way"),
        ({"text": "left"}, "left and a right side"),
        ({"text": "text", "id": "text"}, "Only one column"),
        ({"text": "text", "nothing": "field"}, "no column “nothing”"),
        ({"text": "text", "id": "worker"}, "needs a column with the answer"),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(project, manager, columns, reason):
    found = begun(project, manager, "a.csv", "id,text\n1,one\n")
    with pytest.raises(requests.BadImport, match=reason):
        requests.choose(found, {"columns": columns})


@pytest.mark.django_db
def test_an_import_goes_on_where_it_was_when_its_worker_dies(project, manager, question, monkeypatch):
    monkeypatch.setattr(import_job, "_store", _dying(import_job._store, after=2))
    rows = "".join(f"{n},text {n}\n" for n in range(6000))
    found = begun(project, manager, "a.csv", f"id,text\n{rows}bad\n")
    requests.start(found, manager)
    with pytest.raises(KeyboardInterrupt):
        make.run_jobs()
    found.refresh_from_db()
    first = found.position
    assert 0 < first < 6000 and project.items.count() == first == question.tasks.count()
    monkeypatch.undo()
    job = found.job
    type(job).objects.filter(pk=job.pk).update(lease_until=make.before(1))
    jobs.run(job.pk)
    found.refresh_from_db()
    assert found.job.state == JobState.DONE and found.counts["new"] == 6000 == project.items.count()
    assert found.counts["rejected"] == 1 and question.tasks.count() == 6000


def _dying(store, after):
    done = []

    def dies(*args):
        store(*args)
        done.append(1)
        if len(done) == after:
            raise KeyboardInterrupt

    return dies


@pytest.mark.django_db
def test_a_stopped_import_says_so_and_can_be_continued(project, manager):
    found = begun(project, manager, "a.csv", "id,text\n" + "".join(f"{n},text {n}\n" for n in range(3000)))
    requests.start(found, manager)
    found.refresh_from_db()
    with pytest.raises(Refused):
        requests.go_on(found, manager)
    jobs.ask_to_cancel(found.job, manager)
    found.refresh_from_db()
    assert found.job.state == JobState.CANCELLED
    requests.go_on(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.job.state == JobState.DONE and found.counts["new"] == 3000
    with pytest.raises(Refused):
        requests.start(found, manager)


@pytest.mark.django_db
def test_a_message_that_comes_twice_imports_once(project, manager, sent):
    found = imported(project, manager, "a.csv", "id,text\n1,one\n")
    jobs.run(found.job.pk)
    jobs.run(found.job.pk)
    assert project.items.count() == 1


def test_rows_come_as_a_stream_whose_first_part_is_small(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n" + "".join(f"{n},text {n}\n" for n in range(5000)))
    with (
        path.open("rb") as file,
        stream.parts("a.csv", file, TableReading(), {"id": "external_id", "text": "text"}) as parts,
    ):
        sizes = [len(part.found) for part in parts]
    assert sizes[0] == reader.FIRST_ROWS and sum(sizes) == 5000 and max(sizes) <= reader.PART_ROWS


@pytest.mark.django_db
def test_nested_fields_have_their_path_and_ids_keep_every_digit(project, manager):
    rows = [
        {"id": 9223372036854775809, "user": {"name": "Ann", "tags": ["x"]}, "text": "first"},
        {"id": 9223372036854775810, "user": {"name": "Bo", "tags": []}, "text": "second"},
    ]
    imported(project, manager, "a.json", json.dumps({"meta": 1, "rows": rows}))
    item = project.items.get(external_id="9223372036854775809")
    assert item.fields == {"user.name": "Ann", "user.tags": ["x"]}


@pytest.mark.django_db
def test_another_encoding_delimiter_and_sheet_can_be_chosen(project, manager):
    found = begun(project, manager, "a.csv", "id|text\n1|день\n".encode("koi8-r"), encoding="cp1251", delimiter=",")
    assert [column["name"] for column in found.columns] == ["id|text"]
    requests.read_as(found, TableReading("koi8_r", "|"))
    assert found.columns[1]["samples"] == ["день"]
    with pytest.raises(requests.BadImport, match="no encoding"):
        requests.read_as(found, TableReading("no-such", "|"))
    found.refresh_from_db()
    assert found.reading == {"encoding": "koi8_r", "delimiter": "|"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "empty"),
        ("a.png", b"x", "no table"),
        ("a.xlsx", b"PK\x03\x04 nothing", "no workbook"),
        ("a.parquet", b"PAR1", "no Parquet"),
        ("a.json", b"[" * 100_000, "no JSON|no list"),
        ("a.csv.gz", b"x", "gzip"),
        ("a.csv", ("a," * 100_000).encode(), "at most 200"),
    ],
    ids=["empty", "picture", "workbook", "parquet", "json", "gzip", "columns"],
)
def test_what_is_no_table_is_refused_with_its_reason_and_nothing_is_kept(project, manager, name, content, reason):
    with pytest.raises(requests.BadImport, match=reason):
        begun(project, manager, name, content)
    assert not Import.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("on_rejected", ["skip", "stop"])
def test_the_database_reads_a_few_rows_for_each_row_however_many_there_are(project, manager, question, on_rejected):
    # The tables are filled faster than the database learns how large they are: a plan that reads all of them looks cheap.
    rows = 11_000
    content = "id,text,who,verdict\n" + "".join(
        f"{n},this is the text of row number {n},p{n % 7},{'yes' if n % 3 else 'no'}\n" for n in range(rows)
    )
    uses = {"id": "external_id", "text": "text", "who": "worker", "verdict": "label"}
    before = rows_read()
    found = imported(project, manager, "rows.csv", content, on_rejected, columns=uses, question=question.pk)
    assert found.counts["new"] == found.counts["answers"] == rows, found.job.error
    assert rows_read() - before < 300 * rows, "a plan that reads all of them reads 6,000 for each"


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
        [[read]] = cursor.fetchall()
    return int(read)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ({"tickets": [{"text": "one text of it"}], "users": [{"name": "Ann"}]}, ["tickets", "users"]),
        ({"meta": {"n": 1}, "data": {"page": 1, "tickets": [{"text": "one text of it"}]}}, ["data.tickets"]),
        ({"a.b": [{"text": "one text of it"}], "a": {"b": 3}}, ["a.b"]),
        ({"a": {"b": [{"text": "one text of it"}], "c": [{"text": "x"}]}, "a.b": 7}, ["a.b", "a.c"]),
    ],
)
def test_a_list_anywhere_in_a_json_file_is_found_and_can_be_chosen(project, manager, as_role, content, keys):
    found = begun(project, manager, "tickets.json", json.dumps(content))
    assert found.recognised["keys"] == keys and found.reading["key"] == keys[0]
    browser = as_role("manager")
    address = f"/projects/{project.pk}/imports/{found.pk}/"
    page = browser.get(address).content.decode()
    assert all(f"<option{' selected' if key == keys[0] else ''}>{key}</option>" in page for key in keys)
    browser.post(address, {"action": "read", "key": keys[-1], "encoding": "utf-8"})
    found.refresh_from_db()
    assert found.reading["key"] == keys[-1] and len(found.columns) == 1
    browser.post(address, {"action": "read", "key": keys[0], "encoding": "utf-8"})
    browser.post(address, {"action": "start", "use-0": "text"})
    make.run_jobs()
    assert project.items.get().text == "one text of it"


@pytest.mark.django_db
def test_a_record_shows_its_columns_in_the_order_of_the_file(project, manager):
    content = "Nr;Kommentar;Datum;Menge\n1;fine;2026-01-01;3\n"
    uses = dict.fromkeys(("Nr", "Kommentar", "Datum", "Menge"), "shown")
    imported(project, manager, "rows.csv", content, columns=uses)
    assert list(json.loads(project.items.get().text)) == ["Nr", "Kommentar", "Datum", "Menge"]


@pytest.mark.django_db
def test_a_label_that_is_refused_is_told_from_a_row_that_is(project, manager, question):
    content = "text,who,verdict\nfirst text of it,Ann,yes\nsecond text of it,Ann,perhaps\n,Ann,yes\n"
    uses = {"text": "text", "who": "worker", "verdict": "label"}
    found = imported(project, manager, "rows.csv", content, columns=uses, question=question.pk)
    assert (found.counts["new"], found.counts["answers"], found.counts["rejected"]) == (2, 1, 2)
    reasons = dict(found.rejected_rows.values_list("number", "reason"))
    assert "the item is here, but not its label" in reasons[3] and "not its label" not in reasons[4]
    again = imported(project, manager, "rows.csv", content, columns=uses, question=question.pk)
    assert again.counts["known"] == 2 and again.counts["answers"] == 0, "nothing was stored twice, or said to be"


USES = {"id": "external_id", "text": "text", "group": "group", "split": "split"}


@pytest.mark.django_db
def test_an_item_that_replaces_another_is_asked_about(project, manager, question):
    imported(project, manager, "rows.csv", "id,text\na,hello one\n", columns={"id": "external_id"})
    new = "id,text\na,hello one CHANGED\nb,brand new one\n"
    found = imported(project, manager, "rows.csv", new, columns={"id": "external_id"}, changed="replace")
    assert found.counts["new"] == 2
    for item in project.items.filter(withdrawn_at=None):
        assert question.tasks.filter(item=item).count() == 1, item.text


@pytest.mark.django_db
def test_an_item_stays_when_what_would_replace_it_is_refused(project, manager, question):
    first = "id,text,group,split\na,first text of it,G,train\nb,second text of it,G,train\nc,third text of it,,\n"
    imported(project, manager, "rows.csv", first, columns=USES)
    new = "id,text,group,split\na,first text corrected,G,test\nc,third text corrected,,\n"
    found = imported(project, manager, "rows.csv", new, columns=USES, changed="replace")
    assert (found.counts["changed"], found.counts["rejected"]) == (1, 1), list(found.rejected_rows.values())
    texts = dict(project.items.filter(withdrawn_at=None).values_list("external_id", "text"))
    assert texts == {"a": "first text of it", "b": "second text of it", "c": "third text corrected"}
    assert "a group stays on one side" in found.rejected_rows.get().reason


@pytest.mark.django_db
def test_what_was_replaced_does_not_come_back_unnoticed(project, manager):
    for text in ("version A of it", "version B of it", "version A of it"):
        found = imported(
            project, manager, "rows.csv", f"id,text\nq,{text}\n", columns={"id": "external_id"}, changed="replace"
        )
    assert (found.counts["known"], found.counts["rejected"]) == (0, 1)
    assert "Take that item back" in found.rejected_rows.get().reason


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x" * 251 + ".csv", "x" * 245 + ".csv", "€" * 200 + ".csv"])
def test_a_long_name_of_a_file_is_no_trouble(project, manager, api, name):
    found = imported(project, manager, name, "text,n\nsome words of it,1\n,2\n")
    assert found.counts["new"] == 1 and found.counts["rejected"] == 1, found.job.error
    file = SimpleUploadedFile(name, b"text,n\nother words of it,1\n", "text/csv")
    assert api(manager).post(f"/api/v1/projects/{project.pk}/items/", {"files": file}).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id,te\0xt\nn1,he\0llo there all\nn2,fine words of it\n"),
        ("a.jsonl", '{"te\\u0000xt": "he\\u0000llo there all"}\n{"te\\u0000xt": "fine words of it"}\n'),
    ],
)
def test_nul_in_the_first_rows_refuses_its_row_and_not_the_file(project, manager, name, content):
    found = begun(project, manager, name, content)
    requests.choose(found, {"columns": {"te␀xt": "text"}}, "skip")
    requests.start(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.counts["new"] == 1 and found.counts["rejected"] == 1, found.job.error


@pytest.mark.django_db
def test_a_file_that_nobody_has_begun_to_import_is_found_again(project, manager, as_role):
    found = begun(project, manager, "tickets.json", '[{"text": "one text of it", "marks": ["a", "b"], "n": {"m": []}}]')
    samples = {column["name"]: column["samples"] for column in found.columns}
    assert samples["marks"] == ['["a", "b"]'], "as the file writes it"
    page = as_role("data_scientist").get(f"/projects/{project.pk}/items/").content.decode()
    assert f'href="/projects/{project.pk}/imports/{found.pk}/">tickets.json</a>' in page
    assert "tickets.json" not in as_role("reviewer").get(f"/projects/{project.pk}/items/").content.decode()
    requests.start(found, manager)
    make.run_jobs()
    assert "tickets.json</a>" not in as_role("manager").get(f"/projects/{project.pk}/items/").content.decode()
