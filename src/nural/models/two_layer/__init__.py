"""The second tutorial's network, divided as in the tutorial: a module for each kind of function, and the class.

import nural.models.two_layer.activation_function as af
import nural.models.two_layer.gradient_calculating as gc
import nural.models.two_layer.loss_function as lf
"""

from nural.models.two_layer.two_layer_net import TwoLayerNet

__all__ = ["TwoLayerNet"]
