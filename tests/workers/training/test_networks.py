"""Each network learns what it is for, reads what it can, and says why it cannot read the rest."""

import inspect
import json
import random

import numpy as np
import pytest
import torch

from annotator import kinds
from annotator.kinds.base import EVERY_MEDIUM
from tests import make
from workers.training.learning import networks, steps, trainer
from workers.training.learning.networks import encoder
from workers.training.learning.networks.base import Network, UnreadableItems
from workers.training.learning.networks.row import as_number


def trained(name, contents, labels, classes, test, config=None):
    """Train on some contents; return the figures on `test` of them, the last ones, and the model with its network."""
    kind = networks.load(name)
    network = kind(config or {}, classes, kind.fit_shape(contents[:-test], config or {}))
    inputs = network.read(contents[:-test])
    plan = trainer.TrainingPlan(network, 0, inputs, network.targets(labels[:-test], [1.0] * len(inputs[0]), inputs))
    outcome = trainer.train(plan)
    rest = network.read(contents[-test:])
    said = trainer.predict(network, outcome.model, rest, "cpu", outcome.temperature)
    return network.judge(labels[-test:], said), network, outcome.model, said


@pytest.mark.parametrize("name", [name for name, entry in networks.NETWORKS.items() if entry.available])
def test_every_network_that_can_be_used_here_is_a_network_of_some_kinds_and_media(name):
    entry = networks.NETWORKS[name]
    found = networks.load(name)
    assert issubclass(found, Network) and not inspect.isabstract(found)
    assert entry.title and entry.kinds <= dict(kinds.names()).keys() and entry.modalities <= EVERY_MEDIUM
    assert entry.kinds and entry.modalities


def test_a_network_whose_package_is_missing_is_never_offered(monkeypatch):
    monkeypatch.delenv("MARGINALIA_SENTENCE_ENCODER", raising=False)
    missing = networks.NetworkEntry("Needs more", frozenset({"choice"}), frozenset({"text"}), "no_such_package")
    monkeypatch.setitem(networks.NETWORKS, "missing", missing)
    assert not missing.available
    assert "missing" not in networks.fitting("choice", {}, {"text"})
    assert "text" in networks.fitting("choice", {}, {"text"})


@pytest.mark.parametrize(
    ("kind", "config", "modalities", "first"),
    [
        ("choice", {}, {"picture"}, "picture"),
        ("scale", {}, {"text"}, "text"),
        ("choice", {}, {"row"}, "row"),
        ("span", {}, {"text"}, "span"),
        ("box", {"shapes": ["box"]}, {"picture"}, "box"),
        ("box", {"shapes": ["polygon"]}, {"picture"}, None),
        ("choice", {"several": True}, {"picture"}, None),
        ("choice", {}, {"picture", "text"}, None),
        ("choice", {}, {"audio"}, None),
        ("choice", {}, set(), None),
        ("text", {}, {"picture"}, None),
    ],
)
def test_the_network_that_fits_a_question(kind, config, modalities, first):
    assert next(iter(networks.fitting(kind, config, modalities)), None) == first


@pytest.mark.parametrize("size", [(8, 8), (200, 40), (1, 300)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1"])
def test_pictures_of_any_size_and_channels_are_read(size, mode):
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new(mode, size, 1).save(buffer, "PNG")
    kind = networks.load("picture")
    network = kind({}, ["a", "b", "c"], kind.fit_shape([buffer.getvalue()], {}))
    (inputs,) = network.read([buffer.getvalue()])
    found = steps.outputs(network, network.build(), (inputs,), "cpu")
    assert found.shape == (1, 3) and torch.isfinite(found).all()


def test_colour_is_seen_and_detail_asks_for_a_larger_side():
    import io

    from PIL import Image

    luck = np.random.default_rng(0)
    buffer = io.BytesIO()
    Image.fromarray(luck.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(buffer, "PNG")
    shape_of = networks.load("picture").fit_shape
    assert shape_of([buffer.getvalue()], {}) == {"side": 64, "channels": 3}
    buffer = io.BytesIO()
    Image.new("L", (64, 64), 30).save(buffer, "PNG")
    assert shape_of([buffer.getvalue()], {}) == {"side": 16, "channels": 1}


@pytest.mark.parametrize("content", [b"", b"no picture", make.png(3)[:40]])
def test_a_picture_that_cannot_be_opened_is_named_by_its_place(content):
    kind = networks.load("picture")
    network = kind({}, ["a", "b"], {"side": 16, "channels": 1})
    with pytest.raises(UnreadableItems) as problem:
        network.read([make.png(1), content])
    assert problem.value.place == 1


def test_words_are_learned():
    luck = random.Random(0)
    good, bad = ["lovely", "well done", "just right"], ["broken", "a waste", "far too late"]
    made = [(luck.choice(good), "good") if luck.random() < 0.5 else (luck.choice(bad), "bad") for _ in range(300)]
    contents = [f"The {luck.choice(['parcel', 'hotel', 'meal'])} was {said}.".encode() for said, _ in made]
    figures, network, model, _ = trained("text", contents, [label for _, label in made], ["good", "bad"], 60)
    assert figures["error"] <= 0.05
    assert steps.features(network, model, network.read(contents[:4]), "cpu").shape == (4, 32)


def test_a_text_without_words_is_read():
    kind = networks.load("text")
    network = kind({}, ["a", "b"], kind.fit_shape([b"", b"   "], {}))
    assert torch.isfinite(steps.outputs(network, network.build(), network.read([b"", "日本語".encode()]), "cpu")).all()


@pytest.mark.slow
def test_fields_are_learned_with_holes_in_them():
    luck = random.Random(0)
    contents, labels = [], []
    for number in range(500):
        age, kind, word = luck.gauss(0, 1), luck.choice("xyz"), luck.choice(["fine day", "grey day"])
        row = {"age": age if number % 9 else None, "kind": kind, "note": f"{word} {number}", "odd": float("nan")}
        contents.append(json.dumps(row).encode())
        labels.append("a" if (age if number % 9 else 0) + (kind == "x") - (word == "grey day") > 0 else "b")
    figures, network, _, _ = trained("row", contents, labels, ["a", "b"], 120)
    assert figures["error"] <= 0.15
    assert {field["name"]: field["kind"] for field in network.shape["fields"]} == {
        "age": "number",
        "kind": "few",
        "note": "text",
        "odd": "few",
    }


@pytest.mark.parametrize(
    ("value", "number"),
    [("1,5", 1.5), (2, 2.0), ("nan", None), (float("inf"), None), (None, None), (True, None), ("x", None)],
)
def test_what_is_a_number(value, number):
    assert as_number(value) == number


def test_a_row_of_fields_never_seen_is_read():
    kind = networks.load("row")
    network = kind({}, ["a", "b"], kind.fit_shape([b'{"a": 1, "b": "x"}', b'{"a": 2, "b": "y"}'] * 5, {}))
    found = steps.outputs(network, network.build(), network.read([b'{"c": [1]}', b'{"a": "NaN", "b": null}']), "cpu")
    assert torch.isfinite(found).all()
    with pytest.raises(UnreadableItems):
        network.read([b"[1, 2]"])


def test_spans_are_found_and_placed_in_code_points():
    luck = random.Random(0)
    words = ["the", "small", "parcel", "came", "late", "on", "Monday", "🎉", "with", "joy"]
    contents, labels = [], []
    for _ in range(260):
        said = [luck.choice(words) for _ in range(8)]
        name, kind = luck.choice([("Anna Weber", "person"), ("Acme Ltd", "company")])
        said.insert(luck.randrange(8), name)
        text = " ".join(said)
        start = text.index(name)
        contents.append(text.encode())
        labels.append({"spans": [{"start": start, "end": start + len(name), "label": kind}]})
    figures, _, _, said = trained("span", contents, labels, ["person", "company"], 40)
    assert figures["error"] <= 0.1 and figures["average_precision"] >= 0.9
    assert set(said.values[0]["spans"][0]) == {"start", "end", "label", "score"}


@pytest.mark.slow
def test_boxes_are_found_in_pixels():
    import io

    from PIL import Image, ImageDraw

    luck = random.Random(0)
    contents, labels = [], []
    for _ in range(150):
        page = Image.new("RGB", (120, 80), "white")
        x, y, side = luck.randrange(80), luck.randrange(50), luck.randrange(18, 28)
        dark = luck.random() < 0.5
        ImageDraw.Draw(page).rectangle((x, y, x + side, y + side), fill="black" if dark else "red")
        buffer = io.BytesIO()
        page.save(buffer, "PNG")
        contents.append(buffer.getvalue())
        box = {"type": "box", "label": "ink" if dark else "stamp", "x": x, "y": y, "width": side, "height": side}
        labels.append({"shapes": [box]})
    figures, _, _, _ = trained("box", contents, labels, ["ink", "stamp"], 30)
    assert figures["error"] <= 0.25 and figures["average_precision"] >= 0.7


def small_encoder(folder) -> None:
    """Write a tiny encoder of random weights in the form of a real one."""
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    config = {
        "hidden_size": 16,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "max_position_embeddings": 32,
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "good": 2, "bad": 3, "a": 4, "day": 5}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    luck = torch.Generator().manual_seed(0)
    layer = "encoder.layer.0"
    shapes = {"embeddings.word_embeddings.weight": (6, 16), "embeddings.position_embeddings.weight": (32, 16)}
    shapes |= {"embeddings.token_type_embeddings.weight": (2, 16), f"{layer}.intermediate.dense.weight": (32, 16)}
    shapes |= {f"{layer}.intermediate.dense.bias": (32,), f"{layer}.output.dense.weight": (16, 32)}
    shapes |= {f"{layer}.output.dense.bias": (16,)}
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        shapes |= {f"{layer}.attention.{part}.weight": (16, 16), f"{layer}.attention.{part}.bias": (16,)}
    weights = {name: torch.randn(shape, generator=luck) for name, shape in shapes.items()}
    for name in ("embeddings", f"{layer}.attention.output", f"{layer}.output"):
        weights |= {f"{name}.LayerNorm.weight": torch.ones(16), f"{name}.LayerNorm.bias": torch.zeros(16)}
    save_file(weights, folder / "model.safetensors")


def test_a_sentence_encoder_from_a_folder_is_frozen_and_its_head_learns(tmp_path, monkeypatch):
    small_encoder(tmp_path)
    monkeypatch.setenv("MARGINALIA_SENTENCE_ENCODER", str(tmp_path))
    encoder.Encoder.loaded.cache_clear()
    assert networks.fitting("choice", {}, {"text"}) == ["text", "sentence"]
    alone, beside = encoder.encode(["good day"]), encoder.encode(["good day", "a bad bad bad day"])
    assert np.linalg.norm(alone[0]) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(alone[0] - beside[0]).max() < 1e-5  # padding changes nothing
    texts = [b"a good day", b"good", b"a bad day", b"bad"] * 12
    figures, _, _, _ = trained("sentence", texts, ["up", "up", "down", "down"] * 12, ["up", "down"], 8)
    assert figures["error"] == 0.0
    encoder.Encoder.loaded.cache_clear()


def test_without_an_encoder_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("MARGINALIA_SENTENCE_ENCODER", str(tmp_path))
    with pytest.raises(encoder.NoEncoder, match=r"config\.json"):
        encoder.folder()
