"""Models: trained on each version, judged on its test set, and what their learning curve promises."""
