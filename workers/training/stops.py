"""Why a run ended, in words. Imports nothing, so pages may read it."""

STOPPED = {
    "good": "Good enough: it makes next to no mistake on what it has seen.",
    "flat": "It no longer improved on the items kept aside for validation.",
    "done": "All planned epochs were run.",
    "time": "Its time or money was used up; it was judged as far as it had come.",
}
