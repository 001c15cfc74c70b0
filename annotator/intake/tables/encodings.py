"""The encoding of a text: said by its first bytes, UTF-8, or guessed."""

import codecs
import io
import re
from typing import IO, TextIO

SAMPLE = 256 * 1024  # bytes that a guess looks at
STEP = 1024**2
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
# The encodings that a person can choose, with what they are usually called.
NAMES = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "utf-32": "UTF-32",
    "cp1252": "Western (Windows-1252)",
    "iso8859_15": "Western (ISO 8859-15)",
    "mac_roman": "Western (Mac)",
    "cp437": "Western (DOS)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859_2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "iso8859_5": "Cyrillic (ISO 8859-5)",
    "cp866": "Cyrillic (DOS)",
    "cp1253": "Greek (Windows-1253)",
    "iso8859_7": "Greek (ISO 8859-7)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp874": "Thai (Windows-874)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (CP949)",
    "euc_kr": "Korean (EUC)",
}
_LETTER = re.compile(r"[^\W\d_]")
# Signs beyond ASCII that stand in Western texts.
_SIGNS = frozenset("€‚ƒ„…†‡‰‹‘’“”•–—™›\xa0¡¢£¥§©ª«®°±²³´µ¶·¹º»¼½¾¿×÷")
_MOSTLY = 0.7


class BadEncoding(ValueError):
    """The bytes are no text in the encoding. The message says why."""


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """Return a text and the name of its encoding; without `encoding`, it is found out. Raises BadEncoding."""
    encoding = encoding or find(io.BytesIO(content))
    return _in(content, "utf-8-sig" if encoding == "utf-8" else encoding), encoding


def find(file: IO[bytes]) -> str:
    """Return the encoding of a file, and go back to its beginning.

    A mark at the beginning decides, then UTF-8 if all of it is UTF-8, then a guess from the 256 KB around the first byte that is
    not. Raises BadEncoding.
    """
    start = file.read(SAMPLE)
    file.seek(0)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if b"\x00" in start and (name := _without_mark(start)):
        return name
    where = _first_not_utf8(file)
    file.seek(0)
    if where is None:
        return "utf-8"
    file.seek(max(0, where - SAMPLE // 2))
    sample = file.read(SAMPLE)
    file.seek(0)
    return _guess(sample)


def open_text(file: IO[bytes], encoding: str) -> TextIO:
    """Return a file of this encoding as text with universal newlines. Raises BadEncoding when the encoding is unknown."""
    try:
        return io.TextIOWrapper(file, "utf-8-sig" if encoding == "utf-8" else encoding, newline=None)
    except LookupError:
        raise BadEncoding(f"there is no encoding “{encoding[:40]}”") from None


def _first_not_utf8(file: IO[bytes]) -> int | None:
    """Return the place of the first byte that is not UTF-8."""
    decoder, place = codecs.getincrementaldecoder("utf-8")(), 0
    while piece := file.read(STEP):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            return max(0, place + error.start)
        place += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(0, place - 1)
    return None


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
