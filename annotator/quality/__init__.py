"""Measuring people with gold items. These modules export numbers only; the queue carries out what follows from them."""

from annotator.quality.interval import wilson
from annotator.quality.verdict import surely_under

__all__ = ["surely_under", "wilson"]
