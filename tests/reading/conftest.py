"""Pages drawn from MNIST's digits, for a model that reads each of them alone."""

import numpy as np
import pytest

pytest.importorskip("cv2")

from PIL import Image

import nural


@pytest.fixture(scope="session")
def model():
    return nural.load_pretrained()


@pytest.fixture(scope="session")
def clear_digits(mnist, model):
    """Of each digit some that the model reads without doubt: a page's errors are then the page's."""
    x, y = mnist[2]
    probabilities = nural.predict_proba(model.astype(np.float64), x[:3000])  # float32 orders them by the processor
    sure = probabilities[np.arange(3000), y[:3000]]
    return [x[:3000][y[:3000] == d][np.argsort(-sure[y[:3000] == d])[:20]].reshape(-1, 28, 28) for d in range(10)]


@pytest.fixture
def written(clear_digits):
    """A builder of pages: texts in lines, as ink from 0 to 1, and their digits' boxes (left, top, right, bottom)."""

    def build(lines, height=60, shape=(700, 900), top=60, left=60, pitch=130):
        ink = np.zeros(shape, np.float32)
        boxes = []
        for row, line in enumerate(lines):
            x = left
            for position, character in enumerate(line):
                if character == " ":
                    x += round(1.2 * height)
                    continue
                digit = clear_digits[int(character)][position % 20]
                side = round(28 * height / 20)
                large = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) > 0.5
                rows, columns = np.flatnonzero(large.any(axis=1)), np.flatnonzero(large.any(axis=0))
                large = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                size = large.shape[::-1]
                y = top + row * pitch + height - large.shape[0]
                np.maximum(ink[y : y + size[1], x : x + size[0]], large, out=ink[y : y + size[1], x : x + size[0]])
                boxes.append((x, y, x + size[0], y + size[1]))
                x += size[0] + round(0.22 * height)
        return ink, boxes

    return build
