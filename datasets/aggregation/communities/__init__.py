"""Communities, the default method: confusion matrices that learn from each other, and honest probabilities."""

from datasets.aggregation.communities.estimation import communities, expected

__all__ = ["communities", "expected"]
