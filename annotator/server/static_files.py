"""Static files whose names contain a hash of their content, so that browsers may cache them permanently."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from annotator.server.joined_scripts import is_part, joined

OWN = ("annotator/", "desk/", "kinds/")


class JoinedScript:
    """A script and its parts, opened like the file of a storage."""

    def __init__(self, text: str) -> None:
        self.text = text

    def open(self, name: str) -> "ContentFile[bytes]":
        """Return the joined script, whatever the name."""
        return ContentFile(self.text.encode())


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Storage that joins scripts with their parts, and rewrites the imports of ES modules to the hashed names."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Publish files of which `paths` says, by name, in which storage and where each is."""
        if not dry_run:
            paths = self._joined(paths)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _joined(self, paths: dict[str, Any]) -> dict[str, Any]:
        names = set(paths)

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return str(file.read().decode())

        parts = {name for name in names if name.startswith(OWN) and is_part(name, names)}
        for name in parts:
            self.delete(name)
        scripts = {f"{name.rpartition('/')[0]}.js" for name in parts}
        changed = {name: (JoinedScript(joined(name, read)), name) for name in scripts}
        return {name: found for name, found in paths.items() if name not in parts} | changed
