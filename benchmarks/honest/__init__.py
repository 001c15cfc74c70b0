"""Whether what the product states comes true: projects with a known truth, through the product's own functions.

`worlds` makes items with their true class, `crowds` makes people who answer about them, `projects` runs a project version by
version as the product does, `versions` holds what is stated of a version against what is true, and `replays` follows every
advice to a goal. `labels` and `people` judge what is said of labels and of those who gave them, `estimates` what a batch should
take; `past` writes what came before that batch. Every generator is independent of the methods that are judged, and takes its seed
by name.
"""

import os


def prepare() -> None:
    """Let this process use the product's modules, with one thread for its sums."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    import django
    import torch

    django.setup()
    torch.set_num_threads(1)


def run(quick: bool = False) -> None:
    """Print the figures; the quick form simulates a few projects and batches, the full one all of them."""
    from benchmarks.honest import estimates

    estimates.run(quick)  # first: it begins a database of its own, and then the product's modules are read
    prepare()
    from benchmarks.honest import labels, people, replays, versions

    for part in (people, labels, versions, replays):
        part.run(quick)
