"""Named networks and the recipes that train them."""

from nural.models.two_layer_net import TwoLayerNet

__all__ = ["TwoLayerNet"]
