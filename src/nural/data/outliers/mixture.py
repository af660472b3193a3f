"""Pictures that are no digits, of many kinds, and a data set with some of them."""

import numpy as np

from nural.data.augmentation import Augmentation, Thickness
from nural.data.one_hot import to_categorical
from nural.data.outliers.broken_digits import broken_digits
from nural.data.outliers.letters import letters
from nural.data.outliers.printed import printed_letters
from nural.data.outliers.scribbles import scribbles
from nural.data.outliers.textures import silhouettes, textures

CLASSES = 10


def outliers(x: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Drawn and printed letters, scribbles, textures, silhouettes, and pieces of digits: float32 ``(count, 784)``.

    Args:
        x: Digits to take pieces from, ``(N, 784)``.
        y: Their labels, integers ``(N,)``.
        count: How many pictures.
        rng: Where all random numbers come from.
    """
    pens = Augmentation(Thickness(0.6))
    shares = 0.3, 0.2, 0.1, 0.1, 0.1
    of_letters, of_printed, of_scribbles, of_textures, of_silhouettes = (round(count * share) for share in shares)
    rest = count - of_letters - of_printed - of_scribbles - of_textures - of_silhouettes
    written = [letters(of_letters, rng), printed_letters(of_printed, rng), scribbles(of_scribbles, rng)]
    return np.concatenate(
        [
            pens(np.concatenate(written), rng),
            textures(of_textures, rng),
            silhouettes(of_silhouettes, rng),
            broken_digits(x, y, rest, rng),
        ]
    )


def with_outliers(x: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Digits and, after them, outliers, whose target is the same probability for all classes.

    A network that learns from them answers pictures of no digit with ten small probabilities instead of a confident
    guess, so that its largest probability tells digits from the rest.

    Args:
        x: Digits, ``(N, 784)``.
        y: Labels, integers ``(N,)``.
        count: How many outliers.
        rng: Where all random numbers come from.

    Returns:
        ``(N + count, 784)`` and the targets as probabilities, ``(N + count, 10)``, both float32.

    Source: Hendrycks et al. 2019, Deep Anomaly Detection with Outlier Exposure, sections 3 and 4.3.
    """
    targets = np.full((len(x) + count, CLASSES), 1 / CLASSES, np.float32)
    targets[: len(x)] = to_categorical(y, CLASSES)
    return np.concatenate([x, outliers(x, y, count, rng)]).astype(np.float32, copy=False), targets
