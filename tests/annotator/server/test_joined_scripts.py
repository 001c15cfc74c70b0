"""Scripts and their parts are published as one module each."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

from annotator.server.joined_scripts import UnknownForm, is_part, joined
from annotator.server.static_files import HashedStaticFiles

FILES = {
    "desk/items.js": "export const make = 1;\n",
    "kinds/box/widget.js": 'import { draw, SIZE as size } from "./widget/draw.js";\nimport { put } from "./widget/put.js";\n\n'
    "const far = size;\nexport function mount() {}\nexport { draw };\n",
    "kinds/box/widget/draw.js": 'import { make } from "../../../desk/items.js";\nimport { put } from "./put.js";\n\n'
    "const far = 2;\nexport const SIZE = far + make;\nexport async function draw() {}\n",
    "kinds/box/widget/put.js": "export class put {}\n",
}
JOINED = """import * as outside_0 from "../../desk/items.js";
const part_0 = (() => {
class put {}
return { put };
})();
const part_1 = (() => {
const { make } = outside_0;
const { put } = part_0;

const far = 2;
const SIZE = far + make;
async function draw() {}
return { SIZE, draw };
})();
const { draw, SIZE: size } = part_1;
const { put } = part_0;

const far = size;
export function mount() {}
export { draw };
"""


def test_a_script_is_joined_with_its_parts_each_once_and_after_those_it_needs():
    assert joined("kinds/box/widget.js", FILES.__getitem__) == JOINED


def test_the_parts_are_the_modules_of_the_folder_named_like_a_script():
    assert {name for name in FILES if is_part(name, set(FILES))} == {
        "kinds/box/widget/draw.js",
        "kinds/box/widget/put.js",
    }


@pytest.mark.parametrize(
    "line",
    [
        'import "./x.js";',
        'import * as x from "./x/y.js";',
        "import {",
        'export { y } from "./x/y.js";',
        "export default function y() {}",
        "export let y;",
        'import { x } from "./x.js";',
    ],
)
def test_a_form_that_is_not_known_is_refused(line):
    """The last one is a part that imports itself."""
    files = {"x.js": 'import { x } from "./x/x.js";', "x/x.js": line, "x/y.js": ""}
    with pytest.raises(UnknownForm):
        joined("x.js", files.__getitem__)


def test_a_joined_script_is_published_and_its_parts_are_not(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path / "published"
    source = FileSystemStorage(tmp_path / "source")
    published = HashedStaticFiles()
    for name, text in FILES.items():
        for folder in (tmp_path / "source", settings.STATIC_ROOT):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    said = list(published.post_process({name: (source, name) for name in FILES}, dry_run=False))
    assert not [one for one in said if isinstance(one[2], Exception)]
    files = {path.relative_to(settings.STATIC_ROOT).as_posix() for path in settings.STATIC_ROOT.rglob("*.js")}
    assert len(files) == 2 and not [name for name in files if "/widget/" in name]
    text = (settings.STATIC_ROOT / published.stored_name("kinds/box/widget.js")).read_text()
    assert f'"../../{published.stored_name("desk/items.js")}"' in text


@pytest.mark.parametrize("name", ["desk/desk.js", "desk/items.js", "kinds/box/widget.js", "kinds/span/widget.js"])
def test_every_script_of_the_product_that_has_parts_can_be_joined(name):
    def read(wanted: str) -> str:
        path = finders.find(wanted)
        assert path, wanted
        return Path(path).read_text()

    assert "part_1" in joined(name, read)
