"""The encoding of a text: said by its first bytes, UTF-8, or guessed."""

import codecs
import re

SAMPLE = 256 * 1024  # bytes that a guess looks at
# What says at a text's beginning how it is encoded. UTF-32 comes first: its mark begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "cp1252"
# What files are written in. Old encodings of the Macintosh and of mainframes look alike to a statistical guess.
_GUESSED = (
    *(
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "cp874",
        "cp866",
        "koi8_r",
    ),
    *("iso8859_2", "iso8859_5", "iso8859_7", "cp932", "euc_jp", "gb18030", "big5", "cp949", "euc_kr"),
)
_LETTER = re.compile(r"[^\W\d_]")
# Signs beyond ASCII that stand in Western texts.
_SIGNS = frozenset("€‚ƒ„…†‡‰‹‘’“”•–—™›\xa0¡¢£¥§©ª«®°±²³´µ¶·¹º»¼½¾¿×÷")
_MOSTLY = 0.7


class BadEncoding(ValueError):
    """The bytes are no text in the encoding. The message says why."""


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """Return a text and the name of its encoding; without `encoding`, it is found out.

    A mark at the beginning decides, then UTF-8 where it fits, then a guess from the first 256 KB. Raises BadEncoding.
    """
    if encoding:
        return _in(content, encoding), encoding
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _in(content, "utf-8-sig" if name == "utf-8" else name), name
    if b"\x00" in content[:SAMPLE] and (name := _without_mark(content[: SAMPLE // 2 * 2])):
        return _in(content, name), name
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        where = error.start
    guess = _guess(content[max(0, where - SAMPLE // 2) :][:SAMPLE])
    return _in(content, guess), guess


def _in(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError:
        raise BadEncoding(f"there is no encoding “{encoding[:40]}”") from None
    except UnicodeDecodeError as error:
        raise BadEncoding(f"this is no text in {encoding.upper()} (byte {error.start + 1:,} is none of it)") from None


def _without_mark(start: bytes) -> str:
    """Return the encoding of a text in UTF-16 without a mark, or "": every other byte of Western texts is 0 then."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > _MOSTLY * len(start) / 2 and min(even, odd) < len(start) / 20:
        return "utf-16-be" if even > odd else "utf-16-le"
    return ""


def _guess(sample: bytes) -> str:
    """Return the most likely encoding. Short texts give a statistical guess little to go by, so Western ones are told first."""
    try:
        western = sample.decode(_WESTERN)
    except UnicodeDecodeError:
        western = ""
    if western and _reads_western(western):
        return _WESTERN
    from charset_normalizer import from_bytes  # rarely needed, and slow to load

    found = from_bytes(sample, cp_isolation=list(_GUESSED)).best()
    if found is None:
        raise BadEncoding("this is no text in any encoding that is known here")
    return found.encoding


def _reads_western(text: str) -> bool:
    """Check whether most signs beyond ASCII stand as in Western texts: letters next to plain letters, or usual signs.

    A text in another alphabet that is read as a Western one has its accented letters next to each other.
    """
    fits = total = 0
    for place, sign in enumerate(text):
        if sign.isascii():
            continue
        total += 1
        near = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
        if _LETTER.match(sign):
            fits += any(one.isascii() and one.isalpha() for one in near)
        else:
            fits += sign in _SIGNS
    return fits >= _MOSTLY * total
