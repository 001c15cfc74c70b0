"""Items of every modality: what comes in, what is refused and why, and that nothing of a refused upload is stored."""

import io
import json

import pytest
from PIL import Image

from annotator.intake import files, texts
from annotator.intake.content import BadContent, store
from annotator.models import Item
from tests import kinds_project, make


def read(name, content):
    return files.read(name, content if isinstance(content, bytes) else content.encode())


def pdf(pages=2):
    pictures = [Image.new("RGB", (200, 280), (number * 40, 90, 120)) for number in range(pages)]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "PDF", save_all=True, append_images=pictures[1:])
    return buffer.getvalue()


def test_a_text_is_counted_in_code_points_with_plain_line_ends():
    [found] = read("a.txt", "\ufeffe\u0301t\r\n😞".encode())
    assert (found.content.decode(), found.length, found.modality) == ("e\u0301t\n😞", 5, "text")


def test_html_keeps_its_structure_and_nothing_that_runs_or_loads():
    dirty = (
        "<h1 onclick=x>Hi</h1><script>1</script><img src=http://x/y><a href=javascript:1>a</a><p style='x' id=main>b"
    )
    [found] = read("a.html", dirty)
    assert found.content.decode() == "<h1>Hi</h1>a<p>b</p>" and found.excerpt == "Hiab"


def test_a_table_gives_rows_a_column_named_text_gives_texts_two_sides_a_pair():
    rows = read("a.csv", "user;pages\nann;3\nben;4\n")
    assert [json.loads(one.content) for one in rows] == [{"user": "ann", "pages": "3"}, {"user": "ben", "pages": "4"}]
    [one] = read("a.csv", 'text\n"Hello, you"\n')
    assert (one.modality, one.content) == ("text", b"Hello, you")
    [pair] = read("a.jsonl", '{"left": "a", "right": "b"}')
    assert pair.modality == "pair" and json.loads(pair.content) == {"left": {"text": "a"}, "right": {"text": "b"}}


def test_a_sound_is_known_by_its_beginning():
    [found] = read("a.mp3", kinds_project.sound(1))
    assert (found.modality, found.mime_type) == ("audio", "audio/wav")


@pytest.mark.django_db
def test_the_pages_of_a_document_are_pictures_that_fall_on_one_side(manager):
    project = make.project(manager, test_share="0.5")
    for count in (2, 3, 4, 5):
        made = store(project, read("a.pdf", pdf(count)))
        assert len({item.split for item in project.items.filter(source=made[-1].source)}) == 1
    assert Item.objects.filter(width__gt=200, modality="picture").count() == Item.objects.count() >= 5
    assert "page 5" in made[-1].name


BAD = {
    "half of UTF-16": ("a.txt", b"\xff\xfe\x00", "UTF-16"),
    "nothing": ("a.txt", b" \n", "empty"),
    "NUL": ("a.txt", b"a\x00b", "NUL"),
    "too long": ("a.txt", b"x" * (texts.MOST_CHARACTERS + 1), "characters"),
    "only script": ("a.html", b"<script>x</script>", "nothing is left"),
    "no sound": ("a.wav", b"RIFFxxxxWAVE", "broken"),
    "a picture called sound": ("a.mp3", make.png(1), "no WAV"),
    "no document": ("a.pdf", b"%PDF-1.4 nothing", "no PDF"),
    "too few fields": ("a.csv", b"a,b\n1\n", "1 fields, the first line 2"),
    "no row": ("a.csv", b"a,b\n", "no row"),
    "no JSON": ("a.jsonl", b"{'a': 1}", "line 1: this is no JSON"),
    "NaN": ("a.jsonl", b'{"a": NaN}', "no JSON"),
    "half a character": ("a.jsonl", b'{"text": "\\ud800"}', "half a character"),
    "a list": ("a.jsonl", b"[1]", "object of fields"),
    "an unknown ending": ("a.exe", b"MZ", "ending in .exe are not taken"),
    "SVG": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not taken"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_file_is_said(name):
    file, content, reason = BAD[name]
    with pytest.raises(BadContent, match=reason):
        read(file, content)


@pytest.mark.django_db
def test_one_bad_line_keeps_all_out(project, manager, api):
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = {
        "files": [
            SimpleUploadedFile("a.jsonl", b'{"text": "good"}\n{"text": ""}'),
            SimpleUploadedFile("b.txt", b"good"),
        ]
    }
    said = api(manager).post(f"/api/v1/projects/{project.pk}/items/", sent)
    assert said.status_code == 400 and "line 2" in said.json()["files"][0] and not Item.objects.exists()
