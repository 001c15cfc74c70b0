"""320 short English delivery notes, composed for this sample, and what the simulated people know about them.

A note names a product and says what is wrong with it, or that nothing is. The order of its parts, the words around them and the
parts themselves come from short lists, so a tagger learns them from about a hundred notes. The notes are always the same.
"""

import csv
import hashlib
import io
import random
from functools import cache
from typing import Any

from workers.sample.people import Simulated

COUNT = 320
PRODUCTS = """kettle
coffee grinder
desk lamp
office chair
winter coat
running shoes
dog bed
phone case
picture frame
garden hose
bread knife
alarm clock
bath towel
bicycle pump
water bottle
wool blanket
book shelf
baking tray
rain jacket
wall mirror
tea pot
travel bag
kitchen scale
camping chair
rice cooker
desk fan
soap dish
tool box
door mat
flower pot
chess board
paper bin
hair dryer
lunch box
yoga mat
sun hat""".splitlines()
PROBLEMS = """a cracked lid
a broken handle
a torn seam
a missing screw
a bent corner
a loose cable
a deep scratch
a burnt smell
a stained cover
a split edge
a faded print
a sharp rim
a wobbly leg
a stuck zip
a wrong plug
a dead battery
an open seam
a torn manual
a left-hand screw
a water stain
a patch of rust
a hole in the bottom
a wrong label
a loose thread
a bent hinge
a glue mark
a strong smell of paint
a dead motor
a cracked screen
a dent on top
a leaking valve
a jammed lock""".splitlines()
COLOURS = ["blue", "green", "black", "white", "grey", "red"]
# {p} is the product, {w} what is wrong with it.
WITH_PROBLEM = """The {p} came with {w}.
My {p} has {w}, please send another one.
We opened the box and the {p} had {w}.
I found {w} on the {p}.
There is {w} on my new {p}.
Hello, the {p} arrived on Monday with {w}.
Third order this year, and again a {p} with {w}.
Good price, quick van, but the {p} shows {w}.
Please look at the photo: {w} on the {p}.
After one week the {p} has {w}, who pays for that?
{w} again! I sent the last {p} back for this.
What use is a {p} with {w}?
You can see {w} if you hold the {p} up to the light.
The {p} looked fine until we noticed {w}.
My daughter unpacked the {p} and showed me {w}.
Not happy: {p}, {w}, and nobody picks up the phone.
The only trouble with the {p} is {w}.
I paid full price for a {p} that has {w}.
Delivered on time, but {w} on a {p} is not what I paid for.
We ordered a {p} and received one with {w}.""".splitlines()
OPENINGS = ["", "", "", "Good morning. ", "Order from last Friday: ", "Hi team, ", "To whom it may concern. "]
CLOSINGS = ["", "", "", " Please call me.", " Thanks.", " I am at home after six.", " Can you help?"]
WITHOUT_PROBLEM = """The {p} is lovely, thank you.
When will my {p} be sent?
I would like a second {p} for my sister.
The driver left the {p} with our neighbour, all good.
Can I still change the colour of the {p}?
Is the {p} washable?
The {p} works better than the old one.
Please cancel the {p}, I ordered it twice.
Does the {p} come with a longer guarantee?""".splitlines()
LABELS = ("product", "problem")


@cache
def _written() -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Return each note with its spans: start and end in code points, and the label."""
    chance = random.Random(48)  # noqa: S311
    found: dict[str, list[tuple[int, int, str]]] = {}
    while len(found) < COUNT:
        product = chance.choice(PRODUCTS)
        if chance.random() < 0.4:
            product = f"{chance.choice(COLOURS)} {product}"
        form = chance.choice(WITH_PROBLEM if chance.random() < 0.75 else WITHOUT_PROBLEM)
        parts = {"{p}": (product, "product"), "{w}": (chance.choice(PROBLEMS), "problem")}
        text, spans = form, []
        for slot in sorted(parts, key=form.find):
            place = text.find(slot)
            if place >= 0:
                words, label = parts[slot]
                text = text.replace(slot, words, 1)
                spans.append((place, place + len(words), label))
        opening = chance.choice(OPENINGS)
        text = opening + text[0].upper() + text[1:] + chance.choice(CLOSINGS)
        found[text] = [(start + len(opening), end + len(opening), label) for start, end, label in spans]
    return list(found.items())


def table() -> bytes:
    """Return the notes as a CSV file with one field, text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["text"])
    writer.writerows([text] for text, _ in _written())
    return buffer.getvalue().encode()


def truth() -> dict[str, tuple[str, list[tuple[int, int, str]]]]:
    """Return each note and its spans by the SHA-256 of its text. For simulated people only."""
    return {hashlib.sha256(text.encode()).hexdigest(): (text, spans) for text, spans in _written()}


def which_words(
    person: Simulated, known: tuple[str, list[tuple[int, int, str]]], chance: random.Random
) -> dict[str, Any]:
    """Return the words a person marks: some are forgotten, and some begin a word late. A spammer marks nothing."""
    text, real = known
    spans = []
    for start, end, label in real:
        if person.spammer or chance.random() < person.error_rate / 2:
            continue
        space = text.find(" ", start, end)
        if space >= 0 and chance.random() < person.error_rate / 2:
            start = space + 1
        spans.append({"start": start, "end": end, "label": label})
    return {"spans": spans}
