import io

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def grey():
    """The grey levels of a PNG."""
    return lambda png: np.asarray(Image.open(io.BytesIO(png)).convert("L"))


@pytest.fixture
def coloured():
    """The shares of clearly blue and clearly orange pixels of a PNG."""

    def shares(png):
        red, _, blue = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int).transpose(2, 0, 1)
        return float(np.mean(blue > red + 60)), float(np.mean(red > blue + 60))

    return shares
