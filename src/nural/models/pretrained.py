"""The model that comes with nural."""

from pathlib import Path

from nural.layer import Layer
from nural.model_file import load

PRETRAINED = Path(__file__).with_name("digits.safetensors")


def load_pretrained() -> Layer:
    """The model inside nural: 784 pixels of a digit, as `nural.data.prepare` gives them, → 10 logits.

    ``info`` says how it was trained; MODEL_CARD.md says what it can and cannot do. Each call gives a model of
    its own, which may be trained further.
    """
    return load(PRETRAINED)
