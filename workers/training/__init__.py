"""Models: trained on each version, evaluated on its test set, and what their learning curve forecasts."""
