"""One person at one question: how right, how fast, how much they earned."""
