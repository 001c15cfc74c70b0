"""Tables of text: each cell as it was written, each bad row reported, nothing swallowed."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.intake import sandbox
from annotator.intake.content import store
from annotator.intake.found import BadContent, FoundContent, Rejected
from annotator.intake.tables import delimited, encodings, source
from annotator.models import Role
from tests import make
from tests.annotator.table_files import read, records

# Encodings


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("naïve café – “quoted”, 5 €", "cp1252"),
        ("Grüße aus München", "latin-1"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy", "cp1250"),
        ("Привет, мир! Это обычный текст о погоде и природе.", "cp1251"),
        ("Καλημέρα κόσμε, τι κάνεις σήμερα;", "cp1253"),
        ("これは日本語のテキストです。今日は天気がいいですね。", "shift_jis"),
        ("这是中文文本，今天天气很好，我们去公园玩。", "gb18030"),
        ("plain words only", "utf-16-le"),
        ("plain words only", "utf-16-be"),
        ("größer – 5 €", "utf-16"),
        ("größer – 5 €", "utf-32"),
        ("größer – 5 €", "utf-8-sig"),
        ("größer – 5 €", "utf-8"),
    ],
)
def test_a_table_is_read_in_the_encoding_it_is_written_in(text, encoding):
    assert records("a.txt", text.encode(encoding)) == [text]
    assert records("a.tsv", f"id\ttext\n1\t{text}\n".encode(encoding)) == [text]


def test_an_encoding_can_be_named_and_a_wrong_one_is_refused():
    assert encodings.decode("день".encode("koi8-r"), "koi8-r") == ("день", "koi8-r")
    for wrong in ("utf-8", "no-such"):
        with pytest.raises(encodings.BadEncoding):
            encodings.decode("день".encode("koi8-r"), wrong)
    assert (
        encodings.decode("größe".encode())[1] == "utf-8" and encodings.decode("größe".encode("cp1252"))[1] == "cp1252"
    )


# Delimiters and quotes

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6), st.sampled_from(",;\t|"))
@settings(max_examples=300, deadline=None)
def test_every_cell_comes_back_as_it_was_written(table, delimiter):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["one", "two", "three"], *table])
    assert [line.cells for line in delimited.rows(buffer.getvalue(), delimiter)][1:] == table


@given(
    st.lists(
        st.tuples(st.integers(), st.sampled_from(["plain", "with, comma", 'a "quoted" word', "two\nlines"])), min_size=2
    )
)
@settings(max_examples=100, deadline=None)
def test_what_a_spreadsheet_writes_is_read_whatever_its_delimiter(table):
    for delimiter in delimited.DELIMITERS:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=delimiter).writerows([["number", "words"], *table])
        found = [line.cells for line in delimited.rows(buffer.getvalue())]
        assert found[1:] == [[str(number), words] for number, words in table], delimiter


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way_and_the_last_need_not(end):
    assert records("a.csv", end.join(["id,words", "1,one", "", "2,two"])) == [
        {"id": "1", "words": "one"},
        {"id": "2", "words": "two"},
    ]


def test_a_line_break_in_a_cell_is_kept():
    assert records("a.csv", 'id,words\r\n1,"one\r\ntwo"\r\n2,last') == [
        {"id": "1", "words": "one\ntwo"},
        {"id": "2", "words": "last"},
    ]


def test_a_quote_that_never_closes_takes_no_other_line_with_it():
    found = records("a.csv", 'id,words\n1,ok\n2,"open\n3,fine\n4,"quoted, well"\n5,also')
    assert [one if isinstance(one, str) else one["id"] for one in found] == [
        "1",
        "a.csv, line 3: a cell's quote is not closed properly: 2,\"open.",
        "3",
        "4",
        "5",
    ]


def test_a_stray_quote_stays_in_its_cell():
    assert records("a.csv", 'id;title;rest\n1;"Foo" bar;x\n2;5" disk;y\n') == [
        {"id": "1", "title": '"Foo" bar', "rest": "x"},
        {"id": "2", "title": '5" disk', "rest": "y"},
    ]
    # Where the delimiter may stand within the quotes, nobody can know what was meant.
    assert "not closed properly" in records("a.csv", 'id,title\n1,"Foo, bar" baz\n')[0]


def test_a_file_of_one_column_is_split_by_nothing():
    assert records("a.csv", 'text\nHello, you\nagain; and\n"quoted, well"\n') == [
        "Hello, you",
        "again; and",
        "quoted, well",
    ]


def test_a_first_line_may_name_the_delimiter():
    assert records("a.csv", "sep=;\r\nid;words\r\n1;a,b\r\n") == [{"id": "1", "words": "a,b"}]


def test_nul_is_refused_wherever_it_stands():
    for row in (
        '{"text": "a\\u0000b"}',
        '{"text": "a", "x": "\\u0000"}',
        '{"left": "\\u0000", "right": "b"}',
        '{"x": "\\u0000"}',
    ):
        assert "NUL" in records("a.jsonl", row)[0], row


def test_a_row_of_another_length_is_reported_and_the_others_are_read():
    found = records("a.csv", "words,n\ngood,1\nbad\ngood too,2\ntoo,many,3\n")
    assert found[0]["n"] == "1" and found[2]["n"] == "2"
    assert found[1] == "a.csv, line 3: it has 1 fields, the first line 2." and "line 5: it has 3 fields" in found[3]


def test_columns_without_a_name_or_with_the_same_get_a_number():
    assert records("a.csv", ",words,words\n0,a,b\n") == [{"column 1": "0", "words": "a", "words (2)": "b"}]


def test_words_for_nothing_are_words_and_any_header_is_a_name():
    assert records("a.csv", "第一列,a b,c.d,$e\nnull,NA,None,nan\n") == [
        {"第一列": "null", "a b": "NA", "c.d": "None", "$e": "nan"}
    ]


def test_a_text_is_shown_alone_and_the_rest_of_its_row_is_kept():
    [one] = read("a.csv", "id,text,label\n007,late again,yes\n")
    assert (one.modality, one.content, one.external_id, one.fields) == ("text", b"late again", "007", {"label": "yes"})
    [pair] = read("a.csv", "left,right,label\na,b,first\n")
    assert pair.modality == "pair" and pair.fields == {"label": "first"} and b"first" not in pair.content
    [empty] = read("a.csv", "id,text,label\n1, ,yes\n")
    assert isinstance(empty, Rejected) and "“text” is empty" in empty.reason


@pytest.mark.django_db
def test_what_is_kept_comes_out_of_the_api_and_is_not_shown_at_the_desk(project, manager, annotator, api):
    store(project, list(read("a.jsonl", '{"id": 9223372036854775809, "text": "a", "label": "secret"}')))
    [item] = api(manager).get(f"/api/v1/projects/{project.pk}/items/").json()["results"]
    assert (item["external_id"], item["fields"]) == ("9223372036854775809", {"label": "secret"})
    reviewer = make.user("rita")
    make.member(project, reviewer, Role.REVIEWER)
    [shown] = api(reviewer).get(f"/api/v1/projects/{project.pk}/items/").json()["results"]
    assert shown["fields"] == {}, "who answers may not read the answer"
    assert api(annotator).get(item["content"]).content == b"a"
    assert api(annotator).get(f"/api/v1/projects/{project.pk}/items/").status_code == 403


# JSON


def test_objects_that_have_each_their_own_keys_show_what_they_have():
    rows = [
        {f"what was said on day {n}": f"a text that is long enough to be taken for one, {n}", "n": n} for n in range(5)
    ]
    assert records("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows)) == rows


def test_json_is_a_list_also_under_a_key_with_every_digit():
    rows = [{"n": 3791411052119578828, "meta": {"source": "web"}}, {"n": 2, "meta": {}}]
    flat = [{"n": 3791411052119578828, "meta.source": "web"}, {"n": 2, "meta": {}}]
    assert records("a.json", json.dumps(rows)) == flat == records("a.json", json.dumps({"count": 2, "data": rows}))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[" * 100_000, "no JSON"),
        ('{"a": 1}', "without exactly one list"),
        ('{"a": [{"b": 1}], "c": [{"d": 2}]}', "without exactly one list"),
        ("[]", "no row"),
        ("7", "no list of objects"),
        ('[{"a": NaN}]', "no JSON"),
    ],
)
def test_json_that_is_no_table_is_refused(content, reason):
    with pytest.raises(BadContent, match=reason):
        read("a.json", content)


def test_an_entry_that_is_no_object_is_reported():
    assert records("a.json", '[{"a": 1}, 5]')[1] == "a.json, line 2: an entry of the list is an object of fields."


# Packed and hostile


def test_a_table_may_be_packed_by_gzip_and_nothing_else_may():
    assert records("a.csv.gz", gzip.compress(b"id,words\n1,one\n")) == [{"id": "1", "words": "one"}]
    for name, content, reason in [
        ("a.png.gz", gzip.compress(b"x"), "only tables"),
        ("a.gz", gzip.compress(b"x"), "only tables"),
        ("a.csv.gz.gz", gzip.compress(gzip.compress(b"id\n1\n")), "only tables"),
        ("a.csv.gz", b"id\n1\n", "no gzip file"),
        ("a.csv.gz", gzip.compress(b"id\n1\n")[:-9], "no gzip file"),
    ]:
        with pytest.raises(BadContent, match=reason):
            read(name, content)


def test_a_gzip_bomb_is_refused_before_it_unpacks(monkeypatch):
    monkeypatch.setattr(source, "ALWAYS", 1_000_000)
    with pytest.raises(BadContent, match="unpacks to more than"):
        read("a.csv.gz", gzip.compress(b"a" * 5_000_000))


def test_hundreds_of_thousands_of_columns_are_refused():
    with pytest.raises(BadContent, match="100,000 fields; at most 200"):
        read("a.csv", ",".join(f"c{n}" for n in range(100_000)) + "\n")


def test_a_line_of_millions_of_characters_is_reported_and_the_next_is_read():
    found = sandbox.read("a.csv", b"id,words\n1," + b"x" * 20_000_000 + b"\n2,two\n")
    assert isinstance(found[0], Rejected) and len(found[0].raw) <= 200
    assert isinstance(found[1], FoundContent) and b'"two"' in found[1].content


def test_open_quotes_on_every_line_cost_no_more_than_the_file_is_long():
    """Each open quote looks for its end only so far, or a file of open quotes would be read again for each line."""
    text = "id,words\n" + "".join(f'{n},"open {n}\n' for n in range(3000))
    assert sum(bool(line.problem) for line in delimited.rows(text)) == 3000


def test_rejected_rows_pass_through_the_reader_process():
    found = sandbox.read("a.csv", "id,words\n1,one\nbad\n2,zwei ü\n".encode())
    assert [type(one) for one in found] == [FoundContent, Rejected, FoundContent]
    assert found[1].raw == "bad" and "ü" in found[2].content.decode()
