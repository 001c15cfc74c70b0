"""How long and how many the words may be by which items are placed and found; an import and a change keep to the same limits."""

MOST_TAGS = 50  # of an item
MOST_TAG = 50  # characters
MOST_GROUP = 255  # characters of a group, and of an external id
MOST_PRIORITY = 1_000_000
