"""PDF documents: each page becomes a picture. All pages of a document get the same split."""

import hashlib
import io
import threading
from collections.abc import Iterator

import pypdfium2 as pdfium

from annotator.intake.found import PICTURE, BadContent, FoundContent

MOST_PAGES = 500
DOTS_PER_INCH = 144
MOST_PIXELS_A_SIDE = 4000
_one_at_a_time = threading.Lock()  # PDFium is not thread-safe


def pages(name: str, content: bytes, most: int = MOST_PAGES) -> Iterator[FoundContent]:
    """Yield the pages of a document as pictures. Raises BadContent when it is not a PDF, or is locked, empty or too long."""
    source = hashlib.sha256(content).hexdigest()
    with _one_at_a_time:
        try:
            document = pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            locked = "password" in str(error).lower()
            raise BadContent(
                f"{name}: the document is locked with a password."
                if locked
                else f"{name}: this is no PDF, or it is broken."
            ) from None
        try:
            if not 1 <= len(document) <= most:
                raise BadContent(
                    f"{name}: the document has {len(document):,} pages; 1 to {most:,} are taken at a time, more in a ZIP archive."
                )
            for number in range(len(document)):
                yield _page(name, document[number], number + 1, source, content)
        except pdfium.PdfiumError:
            raise BadContent(f"{name}: a page of the document cannot be drawn.") from None
        finally:
            document.close()


def _page(name: str, page: pdfium.PdfPage, number: int, source: str, content: bytes) -> FoundContent:
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, MOST_PIXELS_A_SIDE / max(width, height, 1))
    picture = page.render(scale=scale).to_pil()
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    title = f"{name[:240]}, page {number}"
    width, height = picture.size
    return FoundContent(
        title,
        buffer.getvalue(),
        PICTURE,
        "image/png",
        width,
        height,
        source=source,
        changes=("format",),
        original=content,
    )
