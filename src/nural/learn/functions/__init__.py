"""The functions that the checker knows, by name."""

from nural.learn.function import Function
from nural.learn.functions import activations, fully_connected, losses

FUNCTIONS: dict[str, Function] = {
    function.name: function for family in (fully_connected, activations, losses) for function in family.FUNCTIONS
}
