"""Learning: networks, the trainer, checkpoints, and how a run's data is read. Needs torch."""
