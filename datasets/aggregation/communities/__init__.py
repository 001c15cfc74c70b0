"""Communities: the default. Confusion matrices that learn from each other, and a probability that is honest."""

from datasets.aggregation.communities.estimation import communities, expected

__all__ = ["communities", "expected"]
