"""Sounds: recognised by their first bytes. Whether one can be played is up to the browser."""

import io
import wave

from annotator.intake.found import AUDIO, BadContent, FoundContent


def check_sound(name: str, content: bytes) -> FoundContent:
    """Return the sound in a file. Raises BadContent when it is empty or not WAV, MP3, OGG, FLAC or M4A."""
    if not content:
        raise BadContent(f"{name}: the file is empty.")
    mime_type = _mime_type(content)
    if mime_type is None:
        raise BadContent(f"{name}: this is no WAV, MP3, OGG, FLAC or M4A sound.")
    if mime_type == "audio/wav":
        try:
            with wave.open(io.BytesIO(content)) as sound:
                if not sound.getnframes():
                    raise BadContent(f"{name}: the sound has no length.")
        except (wave.Error, EOFError):
            raise BadContent(f"{name}: the sound is broken and cannot be opened.") from None
    return FoundContent(name, content, AUDIO, mime_type)


def _mime_type(content: bytes) -> str | None:
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    if content[:3] == b"ID3" or (len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    if content[:4] == b"OggS":
        return "audio/ogg"
    if content[:4] == b"fLaC":
        return "audio/flac"
    return "audio/mp4" if content[4:8] == b"ftyp" else None
