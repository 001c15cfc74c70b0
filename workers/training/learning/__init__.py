"""Learning: networks, the trainer, checkpoints, and reading a run's data. Needs torch."""
