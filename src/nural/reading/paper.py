"""Which part of a picture is the page: it may lie on a desk, whose grain is no writing."""

import numpy as np

from nural.data.digits import to_float32
from nural.evaluation.inference import predict_proba
from nural.layer import Layer
from nural.reading.components import Component
from nural.reading.digit_field import digit_field

_COARSE = 400  # pixels of the longer side when finding regions
_EDGE = 0.05  # of the light, from one of these pixels to the next: a sharp change
_SMALL = 0.004  # of the picture: smaller regions are not counted
_EDGE_WIDTH = 5  # of these pixels: how far the edge itself reaches into a page
_ASKED = 40  # components of a region that are shown to the network
_WRITING = 0.4  # of the best region's share of digits: below it, a region holds no writing
_FEWEST = 3  # components that are needed to decide whether a region holds writing


def regions_of(ground: np.ndarray) -> np.ndarray:
    """Number the regions between sharp changes of the ground, such as a page, the desk and a hard shadow.

    Args:
        ground: The light of the ground, float32 ``(H, W)``.

    Returns:
        int32 ``(h, w)``, smaller than the page: 0 on the changes, then 1, 2, …
    """
    import cv2

    scale = min(1.0, _COARSE / max(ground.shape))
    small = cv2.resize(ground, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    light = cv2.GaussianBlur(np.log(np.maximum(small, 8.0)), (0, 0), 1.0)
    across, down = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8)
    even = (np.hypot(across, down) < _EDGE).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4)
    large = np.asarray(stats)[:, cv2.CC_STAT_AREA] >= _SMALL * labels.size
    large[0] = False
    numbers: np.ndarray = np.where(large, np.cumsum(large), 0)
    return numbers[np.asarray(labels, np.intp)]


def page_of(
    regions: np.ndarray, components: list[Component], model: Layer, threshold: float, shape: tuple[int, int]
) -> np.ndarray:
    """Where the page is, bool ``(H, W)``: the regions in whose components the network finds digits.

    The region of a shadow belongs to the page. Ones are not counted, since a desk's grain is full of them.

    Args:
        regions: The result of `regions_of`.
        components: The components of the picture.
        model: The network.
        threshold: The confidence from which a component counts as a digit.
        shape: The shape of the picture, ``(H, W)``.
    """
    import cv2

    count = int(regions.max())
    if count < 2:
        return np.ones(shape, bool)
    scale = regions.shape[0] / shape[0], regions.shape[1] / shape[1]
    asked: list[list[Component]] = [[] for _ in range(count + 1)]
    for component in components:
        height = component.height
        if 0.3 * height <= component.width <= 1.4 * height and 9 <= height <= 0.2 * max(shape):
            row, column = (int(middle * s) for middle, s in zip(component.middle, scale, strict=True))
            asked[int(regions[row, column])].append(component)
    shown = [each[:: max(1, len(each) // _ASKED)] for each in asked]
    fields = [digit_field(component.ink) for each in shown[1:] for component in each]
    if not fields:
        return np.ones(shape, bool)
    probabilities = predict_proba(model, to_float32(np.stack(fields).reshape(len(fields), -1)))
    found = (probabilities.max(axis=1) >= threshold) & (probabilities.argmax(axis=1) != 1)
    ends = np.cumsum([len(each) for each in shown[1:]])
    shares = np.array([part.mean() if len(part) else 0.0 for part in np.split(found, ends[:-1])])
    many = np.array([len(each) >= _FEWEST for each in asked[1:]])
    if not many.any():
        return np.ones(shape, bool)
    dropped = shares < _WRITING * shares[many].max()
    dropped |= np.array([not each for each in asked[1:]])
    outside = np.concatenate([[False], dropped])[regions].astype(np.uint8)
    outside = cv2.dilate(outside, np.ones((2 * _EDGE_WIDTH + 1, 2 * _EDGE_WIDTH + 1), np.uint8))
    return cv2.resize(outside, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) == 0
