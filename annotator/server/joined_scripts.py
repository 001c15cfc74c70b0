"""Scripts published as one file each, so that a page asks for few files while each concept has a module of its own.

A script `x.js` is joined with its parts: the modules of the folder `x/` beside it, which nothing else may import. What the script
and its parts import from elsewhere stays an import. A part's names stay its own.

Each import is a line `import { a, b as c } from "./x.js";`. A part exports functions, classes and constants where they are
declared. It has no `await` at its top level. Another form of import or export raises `UnknownForm`.
"""

import posixpath
import re
from collections.abc import Callable

IMPORT = re.compile(r'import \{ ([\w, ]+) \} from "(\.[^"]+)";')
EXPORT = re.compile(r"export ((?:async )?function\*?|class|const) (\w+)")


class UnknownForm(Exception):
    """A module imports or exports in a way that the joining of scripts does not know."""


def is_part(name: str, names: set[str]) -> bool:
    """Return whether a static file is a part of a script, by its name and those of all static files."""
    return name.endswith(".js") and f"{posixpath.dirname(name)}.js" in names


def joined(script: str, read: Callable[[str], str]) -> str:
    """Return a script and its parts as one module.

    `read` returns the text of the static file of a name. Raises UnknownForm, also where parts import each other in a circle.
    """
    return _Joining(script, read).text()


class _Joining:
    def __init__(self, script: str, read: Callable[[str], str]) -> None:
        self.script, self.read = script, read
        self.folder = f"{script.removesuffix('.js')}/"
        self.outside: dict[str, str] = {}  # by the name of a module elsewhere: what its names are taken from
        self.parts: dict[str, str] = {}  # by the name of a part: what its names are taken from; empty while it is read
        self.done: list[str] = []

    def text(self) -> str:
        body, _ = self._body(self.script, is_script=True)
        start = posixpath.dirname(self.script)
        paths = {name: posixpath.relpath(name, start) for name in self.outside}
        imports = [
            f'import * as {known} from "{"" if paths[name].startswith("../") else "./"}{paths[name]}";'
            for name, known in self.outside.items()
        ]
        return "\n".join([*imports, *self.done, body, ""])

    def _body(self, name: str, *, is_script: bool) -> tuple[str, list[str]]:
        """Return a module's text without its imports and, for a part, its exports; and the names it exports."""
        lines, exported = [], []
        for line in self.read(name).rstrip("\n").split("\n"):
            if found := IMPORT.fullmatch(line):
                source = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))
                lines.append(f"const {{ {found[1].replace(' as ', ': ')} }} = {self._names_of(source)};")
            elif not is_script and (export := EXPORT.match(line)):
                exported.append(export[2])
                lines.append(line.removeprefix("export "))
            elif line.startswith("import") or (line.startswith("export") and (not is_script or " from " in line)):
                raise UnknownForm(f"{name}: {line}")
            else:
                lines.append(line)
        return "\n".join(lines), exported

    def _names_of(self, source: str) -> str:
        """Return what a module's names are taken from; a part is joined the first time."""
        if not source.startswith(self.folder):
            return self.outside.setdefault(source, f"outside_{len(self.outside)}")
        if source not in self.parts:
            self.parts[source] = ""
            body, exported = self._body(source, is_script=False)
            known = f"part_{len(self.done)}"
            self.done.append(f"const {known} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();")
            self.parts[source] = known
        if not self.parts[source]:
            raise UnknownForm(f"{source} imports itself in a circle")
        return self.parts[source]
