"""Networks: one module each, and one line here. This file imports no torch, so pages may read it."""

# name -> (module, the kind of items it reads, title)
NETWORKS = {"picture-cnn": ("workers.training.networks.picture", "picture", "Small convolutional network")}
DEFAULT = "picture-cnn"
