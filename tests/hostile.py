"""Files made to take more than they should: of a few kilobytes, and each valid."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable


def endless_pdf(pages: int = 20, strokes: int = 200_000, side: int = 14_400) -> bytes:
    """Return a PDF whose pages take minutes to draw: long strokes, the same ones on each page."""
    drawn = zlib.compress(b"40 w\n" + f"0 0 m {side} {side} l S 0 {side} m {side} 1 l S\n".encode() * (strokes // 2), 9)
    kids = " ".join(f"{number} 0 R" for number in range(4, 4 + pages))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>".encode(),
        f"<< /Length {len(drawn)} /Filter /FlateDecode >>\nstream\n".encode() + drawn + b"\nendstream",
        *[f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {side} {side}] /Contents 3 0 R >>".encode()] * pages,
    ]
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, start=1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\n"
    return bytes(file) + f"{end}startxref\n{len(file)}\n%%EOF".encode()


def sound(size: int, value: int = 128) -> bytes:
    """Return a WAV sound of a single value."""
    head = b"RIFF" + struct.pack("<I", size - 8) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    return head + b"data" + struct.pack("<I", size - 44) + bytes([value]) * (size - 44)


def archive(files: dict[str, bytes] | Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive; large files are best given one by one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=9) as made:
        for name, content in files.items() if isinstance(files, dict) else files:
            made.writestr(zipfile.ZipInfo(name), content, method, 9)  # without the time: the same bytes each time
    return buffer.getvalue()
