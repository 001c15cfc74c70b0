"""Of each kind: configurations, an item to ask about, and strategies of right and of wrong answers."""

from hypothesis import strategies as st

from annotator.kinds import About

TEXT = About("text", length=120)
PICTURE = About("picture", 640, 480)
PAIR = About("pair")

CONFIGS = {
    "choice": {"choices": ["cat", "dog", {"value": "owl", "label": "An owl"}]},
    "several": {"choices": [f"c{number}" for number in range(60)], "several": True, "least": 1, "most": 3},
    "scale": {"points": 5, "low": "not at all", "high": "very much"},
    "text": {"lines": 1, "shortest": 2, "longest": 40},
    "mask": {"lines": 1, "form": "mask", "mask": "AA-99"},
    "span": {"labels": ["person", "place"], "relations": ["lives in"]},
    "box": {"labels": ["cup", "fruit"], "shapes": ["box", "polygon", "point"]},
    "pair": {"tie": True},
    "set": {
        "parts": [
            {"name": "much", "text": "How much?", "kind": "scale", "config": {"points": 3, "low": "no", "high": "yes"}},
            {
                "name": "why",
                "text": "Why?",
                "kind": "choice",
                "config": {"choices": ["price", "delivery"], "several": True, "least": 1},
                "when": {"part": "much", "is": [2, 3]},
            },
        ]
    },
}
KIND = {"several": "choice", "mask": "text"}
ITEM = {"span": TEXT, "box": PICTURE, "pair": PAIR}

characters = st.characters(exclude_categories=["Cs", "Cc"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
numbers = (
    st.integers(-10, 700) | st.floats(-10, 700) | st.sampled_from([float("nan"), float("inf"), -0.0, 1e300, True, "3"])
)
places = st.integers(-3, 130) | st.sampled_from([2**70, 1.0, True, None, "1"])
names = st.sampled_from(["person", "place", "cup", "fruit", "nobody", "", "<b>", "\x00"])
span = st.fixed_dictionaries({"start": places, "end": places, "label": names}) | anything
relation = (
    st.fixed_dictionaries({"from": places, "to": places, "label": st.sampled_from(["lives in", "likes"])}) | anything
)
box = st.fixed_dictionaries(
    {"type": st.just("box"), "label": names, "x": numbers, "y": numbers, "width": numbers, "height": numbers}
)
polygon = st.fixed_dictionaries(
    {
        "type": st.just("polygon"),
        "label": names,
        "points": st.lists(st.lists(numbers, min_size=2, max_size=2) | anything, max_size=7),
    }
)
point = st.fixed_dictionaries({"type": st.sampled_from(["point", "star"]), "label": names, "x": numbers, "y": numbers})

# Answers that are nearly right: most are wrong in one place, some are not wrong at all.
NEARLY = {
    "choice": st.sampled_from(["cat", "dog", "owl", "Cat", "cow", "", "cat "]) | anything,
    "several": st.lists(st.sampled_from([f"c{number}" for number in range(62)]), max_size=5) | anything,
    "scale": st.integers(-2, 8) | anything,
    "text": st.text(st.characters(), max_size=50) | anything,
    "mask": st.from_regex(r"[A-Za-z0-9é]{1,3}-[0-9A٣]{1,3}", fullmatch=True) | anything,
    "span": st.fixed_dictionaries({"spans": st.lists(span, max_size=4), "relations": st.lists(relation, max_size=3)})
    | anything,
    "box": st.fixed_dictionaries({"shapes": st.lists(box | polygon | point | anything, max_size=3)}) | anything,
    "pair": st.sampled_from(["left", "right", "tie", "both", "LEFT"]) | anything,
    "set": st.fixed_dictionaries(
        {"much": st.integers(0, 4) | anything},
        optional={"why": st.lists(st.sampled_from(["price", "delivery", "taste"]), max_size=3), "else": anything},
    )
    | anything,
}
RIGHT = {
    "choice": ["cat", "owl"],
    "several": [["c1"], ["c59", "c3", "c20"]],
    "scale": [1, 5],
    "text": ["né", "🙂🙂", "e\u0301e", "مرحبا"],
    "mask": ["Ab-07", "éÉ-٣٤"],
    "span": [
        {"spans": [], "relations": []},
        {
            "spans": [{"start": 0, "end": 120, "label": "person"}, {"start": 3, "end": 9, "label": "place"}],
            "relations": [{"from": 0, "to": 1, "label": "lives in"}],
        },
    ],
    "box": [
        {"shapes": []},
        {"shapes": [{"type": "box", "label": "cup", "x": 0, "y": 0, "width": 640, "height": 480.0}]},
        {"shapes": [{"type": "polygon", "label": "cup", "points": [[0, 0], [10, 0], [10.5, 9.25]]}]},
        {"shapes": [{"type": "point", "label": "fruit", "x": 640, "y": 480}]},
    ],
    "pair": ["left", "tie"],
    "set": [{"much": 1}, {"much": 3, "why": ["price"]}],
}
