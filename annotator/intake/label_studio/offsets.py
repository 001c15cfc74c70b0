"""Places in a text: Label Studio counts UTF-16 units, as JavaScript does; we count characters (Unicode code points).

Our text also has \\n where the file has \\r\\n.
"""

from itertools import accumulate


class Places:
    """The places of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.stored = text.replace("\r\n", "\n").replace("\r", "\n")
        self._units: dict[int, int] | None = None
        if not text.isascii() and any(character > "\uffff" for character in text):
            ends = accumulate(2 if character > "\uffff" else 1 for character in text)
            self._units = {0: 0} | {end: place for place, end in enumerate(ends, start=1)}
        self._breaks = "\r\n" in text

    def stretch(self, start: int, end: int, said: str | None) -> tuple[int, int] | None:
        """Return a stretch in characters of the stored text, or None if the text there is not what the export says.

        If it is not there in UTF-16 units, characters are tried: some programs that write this format count those.
        """
        for first, last in ((self._of_units(start), self._of_units(end)), (start, end)):
            if first is None or last is None or not 0 <= first < last <= len(self.text):
                continue
            if said is None or _plain(self.text[first:last]) == _plain(said):
                return self._stored(first), self._stored(last)
        return None

    def _of_units(self, place: int) -> int | None:
        return place if self._units is None else self._units.get(place)

    def _stored(self, place: int) -> int:
        return place - self.text.count("\r\n", 0, place) if self._breaks else place


def _plain(text: str) -> str:
    return text.replace("\\n", "\n").replace("\r\n", "\n").replace("\r", "\n").strip()
