"""Named networks, the recipes that train them, and the trained one that comes with nural."""

from nural.models.pretrained import load_pretrained
from nural.models.two_layer import TwoLayerNet

__all__ = ["TwoLayerNet", "load_pretrained"]
