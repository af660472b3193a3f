"""Weights as small whole numbers with a scale for each output, for integer arithmetic and small files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nural.export.steps import Step
from nural.layer import Layer
from nural.layers.convolution import Conv2d
from nural.layers.linear import Linear


@dataclass(frozen=True)
class Quantised:
    """A weight array in whole numbers: W ≈ values · scale.

    Attributes:
        values: int8, of W's shape ``(…, out)``.
        scale: float32 ``(out,)``.
    """

    values: np.ndarray
    scale: np.ndarray

    @property
    def array(self) -> np.ndarray:
        """The weights as they are read back, float32."""
        return self.values * self.scale


def quantise(weights: np.ndarray, largest: int = 127) -> Quantised:
    """Round to whole numbers from −largest to largest; the weights of each output, W's last dimension, share a scale.

    Source: Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference, section 2.1, without a zero point, as weights are spread around 0.
    """
    extent = np.abs(weights).max(axis=tuple(range(weights.ndim - 1)))
    scale = np.where(extent > 0, extent / largest, 1).astype(np.float32)
    values = np.rint(np.clip(weights / scale, -largest, largest)).astype(np.int8)
    return Quantised(values, scale)


def quantise_weights(steps: Sequence[Step], largest: int = 127) -> dict[str, Quantised]:
    """The W and K of the fully connected layers and convolutions among the steps, by the layer's place."""
    return {step.place: quantise(weights_of(step), largest) for step in weighted(steps)}


def read_back(steps: Sequence[Step], quantised: Mapping[str, Quantised]) -> list[Step]:
    """The steps with the weights as they are read back, so that nural can measure what is lost."""
    return [
        replace(step, layer=with_weights(step, quantised[step.place].array)) if step.place in quantised else step
        for step in steps
    ]


def weighted(steps: Sequence[Step]) -> list[Step]:
    """The steps that have a W or a K."""
    return [step for step in steps if isinstance(step.layer, Linear | Conv2d)]


def weights_of(step: Step) -> np.ndarray:
    """The W or K of a step that has one."""
    return step.layer.params[_name(step)]


def with_weights(step: Step, weights: np.ndarray) -> Layer:
    """A step's layer with another W or K."""
    layer = step.layer.astype(np.float32)
    layer.params[_name(step)] = weights
    return layer


def _name(step: Step) -> str:
    return "W" if isinstance(step.layer, Linear) else "K"
