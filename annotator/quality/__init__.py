"""What known answers tell of a person. Numbers only: the deeds that follow are the queue's."""

from annotator.quality.interval import wilson
from annotator.quality.verdict import surely_under

__all__ = ["surely_under", "wilson"]
