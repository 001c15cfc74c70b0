"""A version can be checked and proved, also after items of it were erased; whatever differs is found and named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from annotator import storage
from annotator.intake import content, pictures
from annotator.items import erasure, withdrawal
from annotator.models import Item
from datasets.models import FrozenItem, ItemSalt, Label, Manifest, Version
from datasets.versions import proofs, verification, versions
from tests import make
from tests.annotator.test_item_search import text

pytestmark = pytest.mark.django_db
CHECKER = Path(__file__).parents[2] / "docs" / "check_proof.py"
SECRET = "Ada Lovelace"


def items_of(project, order=1):
    """Bring in texts with all that a row can say, and a picture."""
    found = [
        text(
            f"{number}.txt",
            f"Text {number} of {SECRET if number == 3 else 'somebody'}",
            external_id=f"id-{number}" if number != 3 else f"id of {SECRET}",
            group=f"group {number // 2}",
            fields={"who": SECRET if number == 3 else "é", "share": 0.1 + number, "big": 2**60 + number},
            split="test" if number >= 6 else "train",
            path=f"folder/{number}.txt",
        )
        for number in range(9)
    ]
    picture = pictures.check_picture("photo.png", make.png(77))
    picture.split = "train"
    content.store(project, [*found, picture][::order])
    return {item.name: item for item in project.items.all()}


def labelled(question, items):
    for number, name in enumerate(sorted(items)):
        Label.objects.create(
            question=question,
            item=items[name],
            value="yes" if number % 2 else "no",
            probability=0.5 + number / 30,
            crowd=[["yes", 0.7 + number / 70], ["no", 0.3 - number / 70]],
            answers=3,
        )


@pytest.fixture
def items(project):
    return items_of(project)


@pytest.fixture
def version(question, items):
    labelled(question, items)
    return frozen(question)


def frozen(question) -> Version:
    return versions.freeze(question, versions.build(question), question.created_by)[0]


def differences(version) -> list[str]:
    return list(verification.differences(Version.objects.get(pk=version.pk)))


def test_a_version_keeps_all_that_is_known_of_an_item(version, items):
    found = {one["name"]: one for one in versions.manifest(version)["items"]}
    one = found["3.txt"]
    assert (one["external_id"], one["group"], one["path"]) == (f"id of {SECRET}", "group 1", "folder/3.txt")
    assert one["fields"] == {"who": SECRET, "share": 3.1, "big": 2**60 + 3} and one["decided"] is False
    assert (one["label"], one["probability"]) == ("yes", 0.6) and len(found) == 10
    Item.objects.filter(pk=items["3.txt"].pk).update(group="another", fields={}, external_id="new")
    assert {one["name"]: one for one in versions.manifest(version)["items"]} == found, (
        "what changes later changes nothing"
    )


def test_versions_share_what_they_say_alike(question, version, items):
    Label.objects.filter(item=items["1.txt"]).update(value="other")
    second = frozen(question)
    assert second != version and FrozenItem.objects.count() == 11
    assert second.test_sha256 == version.test_sha256 and second.items_sha256 != version.items_sha256
    assert ItemSalt.objects.count() == 10


def test_the_same_sample_in_another_order_has_the_same_fingerprint(question, version, items, manager):
    other = make.question(make.project(manager, name="Fresh"), text=question.text)
    again = items_of(other.project, order=-1)
    salts = dict(ItemSalt.objects.values_list("item__sha256", "value"))
    ItemSalt.objects.bulk_create(ItemSalt(item=item, value=salts[item.sha256]) for item in again.values())
    labelled(other, again)
    assert frozen(other).sha256 == version.sha256
    third = make.question(make.project(manager, name="Other salts"), text=question.text)
    labelled(third, items_of(third.project))
    assert frozen(third).sha256 != version.sha256


def change(table: str, column: str, change: str, where: str) -> None:
    """Change a row as somebody could who may do everything in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {column} = {change} WHERE {where}")
        assert cursor.rowcount == 1
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


FLIPPED = "overlay({column} placing (CASE substr({column}, {at}, 1) WHEN 'a' THEN 'b' ELSE 'a' END) from {at} for 1)"


@pytest.mark.parametrize("at", [1, 2, 40])
@pytest.mark.parametrize(
    ("table", "column", "of_item", "named"),
    [
        ("datasets_frozenitem", "content", True, "“id-1”"),
        ("datasets_frozenitem", "leaf", True, "“id-1”"),
        ("datasets_itemsalt", "value", True, "“id-1”"),
        ("annotator_item", "text", True, "“id-1”"),
        ("datasets_manifest", "header", False, "The header"),
        ("datasets_version", "sha256", False, "fingerprint"),
        ("datasets_version", "items_sha256", False, "fingerprint of the items"),
        ("datasets_version", "test_sha256", False, "fingerprint of the test set"),
    ],
)
def test_one_flipped_byte_is_found_and_named(version, items, table, column, of_item, named, at):
    assert differences(version) == []
    number = items["1.txt"].pk
    if table == "annotator_item":
        where = f"id = {number}"
    elif of_item:
        where = f"item_id = {number}"
    else:
        where = f"{'version_id' if table == 'datasets_manifest' else 'id'} = {version.pk}"
    change(table, column, FLIPPED.format(column=column, at=at), where)
    said = differences(version)
    assert said and any(named in one for one in said), said
    names = [name for name in items if name != "1.txt" and f"id-{name[0]}”" in " ".join(said)]
    assert not names, "only what differs is named"
    with pytest.raises(CommandError, match="difference"):
        call_command("verify", version.sha256 if column != "sha256" else f"{version.project_id}/1")


def test_every_byte_of_an_entry_counts(version):
    kept = FrozenItem.objects.order_by("pk").first()
    salt = bytes.fromhex(ItemSalt.objects.get(pk=kept.item_id).value)
    from datasets.versions import merkle

    content_ = kept.content.encode()
    for place in range(len(content_)):
        changed = content_[:place] + bytes([content_[place] ^ 1]) + content_[place + 1 :]
        assert merkle.leaf(salt, changed).hex() != kept.leaf


def test_a_list_of_items_that_was_changed_is_noticed(version):
    change("datasets_manifest", "frozen_items", "frozen_items[2:]", f"version_id = {version.pk}")
    said = differences(version)
    assert any("missing" in one for one in said) and any("list of items" in one for one in said)
    with pytest.raises(versions.Damaged, match="damaged"):
        versions.manifest(Version.objects.get(pk=version.pk))


def test_a_damaged_or_lost_file_is_named(version, items):
    key = storage.content_key(items["photo.png"].sha256)
    storage.put(key, b"something else")
    assert [one for one in differences(version) if "photo.png" in one and "damaged" in one]
    storage.delete(key)
    assert differences(version) == [f"“photo.png” (item {items['photo.png'].pk}): its content is not stored any more."]


def test_the_database_refuses_every_change_but_an_erasure(version):
    for changes in (
        "UPDATE datasets_frozenitem SET content = 'x'",
        "UPDATE datasets_frozenitem SET leaf = 'x', content = '', erased_at = now()",
        "UPDATE datasets_frozenitem SET content = 'x', erased_at = now()",
        "DELETE FROM datasets_frozenitem",
        "UPDATE datasets_manifest SET header = ''",
        "DELETE FROM datasets_manifest",
        "UPDATE datasets_version SET sha256 = ''",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(changes)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE datasets_frozenitem SET content = '', erased_at = now()")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE datasets_frozenitem SET content = '', erased_at = NULL")


def checked(proof, fingerprint, tmp_path) -> subprocess.CompletedProcess:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof), encoding="utf-8")
    command = [sys.executable, str(CHECKER), str(file), fingerprint]
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)


def test_a_proof_is_checked_without_this_program(version, items, tmp_path):
    for name in ("0.txt", "8.txt", "photo.png"):
        proof = proofs.prove(version, items[name].pk)
        done = checked(proof, version.sha256, tmp_path)
        assert done.returncode == 0 and name in done.stdout, done.stderr
        for part, changed in (
            ("entry", proof["entry"].replace(name, "1.txt")),
            ("salt", "00" * 32),
            ("path", proof["path"][1:]),
            ("path", [["left" if side == "right" else "right", other] for side, other in proof["path"]]),
        ):
            assert checked(proof | {part: changed}, version.sha256, tmp_path).returncode == 1, part
    with pytest.raises(proofs.NotProvable, match="not in"):
        proofs.prove(version, 0)


def erase(project, item, manager):
    withdrawal.withdraw(project, [item.pk], manager, "It was asked for")
    erasure.erase(project, [item.pk], manager, "It was asked for")
    make.run_jobs()


def everything_stored() -> str:
    """Return all rows of all tables as text, and all stored files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found += [f"{table} {row}" for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_an_erased_item_leaves_only_its_leaf_and_all_else_can_still_be_proved(
    question, version, items, manager, tmp_path
):
    gone = items["3.txt"]
    leaf = FrozenItem.objects.get(item=gone).leaf
    before = {name: proofs.prove(version, item.pk) for name, item in items.items() if name != "3.txt"}
    assert SECRET in everything_stored()
    erase(question.project, gone, manager)
    rest = [row for row in everything_stored().splitlines() if SECRET in row or "Lovelace" in row]
    assert rest == []
    assert not ItemSalt.objects.filter(item=gone).exists()
    assert differences(version) == []
    for name, proof in before.items():
        assert proofs.prove(version, items[name].pk) == proof
        assert checked(proof, version.sha256, tmp_path).returncode == 0
    with pytest.raises(proofs.NotProvable, match="erased"):
        proofs.prove(version, gone.pk)
    [said] = proofs.withdrawn(version)
    assert (said["leaf"], said["sha256"], said["reason"]) == (leaf, None, "It was asked for") and said["erased_at"]
    manifest = versions.manifest(version)
    assert manifest["erased"] == 1 and len(manifest["items"]) == 9
    call_command("verify", version.sha256[:12])
    second = frozen(question)
    assert second.train_count == version.train_count - 1 and versions.manifest(second)["erased"] == 0


def test_an_erased_test_item_changes_no_other(question, version, items, manager):
    erase(question.project, items["7.txt"], manager)
    second = frozen(question)
    assert (version.test_count, second.test_count) == (3, 2) and second.test_sha256 != version.test_sha256
    assert differences(version) == differences(second) == []


def test_what_is_erased_while_it_is_frozen_is_not_written_again(question, version, items, manager):
    Label.objects.filter(item=items["1.txt"]).update(value="other")
    content_ = versions.build(question)
    erase(question.project, items["3.txt"], manager)
    with pytest.raises(versions.NotFreezable, match="Freeze again"):
        versions.freeze(question, content_, None)
    assert SECRET not in everything_stored()


def test_the_api_proves_and_names_what_was_withdrawn(version, items, manager, api):
    client = api(manager)
    base = f"/api/v1/projects/{version.project_id}/questions/{version.question_id}/versions/1/"
    assert client.get(f"{base}items/{items['0.txt'].pk}/proof/").json() == proofs.prove(version, items["0.txt"].pk)
    assert client.get(f"{base}withdrawn/").json() == []
    withdrawal.withdraw(version.project, [items["0.txt"].pk], manager, "Old")
    [said] = client.get(f"{base}withdrawn/").json()
    assert (said["sha256"], said["erased_at"], said["reason"]) == (items["0.txt"].sha256, None, "Old")
    erase(version.project, items["3.txt"], manager)
    assert client.get(f"{base}items/{items['3.txt'].pk}/proof/").status_code == 404
    rows = b"".join(client.get(f"{base}export/?as=jsonl").streaming_content).decode().splitlines()
    leaves = {json.loads(row)["leaf"] for row in rows}
    assert len(leaves) == 9 and {one["leaf"] for one in client.get(f"{base}withdrawn/").json()} - leaves


def test_a_manifest_is_kept_apart_from_its_version(version):
    assert Manifest.objects.get(version=version).frozen_items == [
        one.pk for one in sorted(FrozenItem.objects.all(), key=lambda one: _place(one))
    ]


def _place(one: FrozenItem):
    entry = json.loads(one.content)
    return entry["split"], entry["sha256"]
