"""What an archive holds, by the names of its files. It is shown before anything is imported; no file is unpacked."""

import time
from collections import Counter
from typing import IO, Any

from annotator.intake import archives, files

SECONDS = 3.0  # a TAR archive is listed only by reading it, and somebody waits
MOST_FOLDERS = 30  # names of folders that are shown, the most frequent first


def preview(file: IO[bytes]) -> dict[str, Any]:
    """Return what an archive holds. Raises BadArchive when it is none, is broken, or holds no files.

    `files` is how many files were listed, and `complete` whether these are all. `kinds` is how many have each ending, and
    `unknown` how many have one that cannot be imported. `below` is the folder that holds everything ("" if there is none):
    what is inside of it are the outermost folders. `outer` and `inner` are the names of the outermost and innermost folders,
    with how many files each holds.
    """
    until = time.monotonic() + SECONDS
    paths: list[str] = []
    complete = True

    def check() -> None:
        if time.monotonic() > until:
            raise archives.Full("Listing it took too long.")

    try:
        for member in archives.open_archive(file, check):
            paths.append(member.path)
            check()
    except archives.Full:  # the import names the reason
        complete = False
    if not paths and complete:
        raise archives.BadArchive("The archive holds no files.")
    below = _common_folder(paths)
    folders = [path.removeprefix(below).split("/")[:-1] for path in paths]
    kinds = Counter(_ending(path) for path in paths)
    return {
        "files": len(paths),
        "complete": complete,
        "kinds": kinds.most_common(),
        "unknown": sum(count for ending, count in kinds.items() if ending and ending not in files.ENDINGS),
        "below": below,
        "outer": Counter(one[0] for one in folders if one).most_common(MOST_FOLDERS),
        "inner": Counter(one[-1] for one in folders if one).most_common(MOST_FOLDERS),
    }


def _common_folder(paths: list[str]) -> str:
    """Return the folder that holds everything, with "/" at its end. If all files lie directly in it, return the one above."""
    folders = [path.split("/")[:-1] for path in paths]
    if not folders:
        return ""
    first, shared, most = folders[0], 0, min(map(len, folders))
    while shared < most and all(one[shared] == first[shared] for one in folders):
        shared += 1
    if shared == max(map(len, folders)):  # it is the innermost folder of all files, and its name may say something
        shared = max(shared - 1, 0)
    return "".join(f"{name}/" for name in first[:shared])


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower()[:20] if "." in name else ""
