"""Where each pixel of a distorted picture comes from: coordinates as sums of a few fixed fields.

A map has two rows of coefficients, one for the source's row and one for its column, over fields on the 28×28 pixels:

    source(y, x) = c₀ + c₁ (y − 13.5) + c₂ (x − 13.5) + Σₖ c₃₊ₖ φₖ(y, x)

The first three fields hold every affine map, turned and stretched about the picture's centre; the φ are those of
`Elastic`. So maps are composed by their coefficients, a few dozen numbers per digit, and one matrix product gives the
coordinates of all pixels.
"""

import numpy as np

SIZE = 28
CENTRE = (SIZE - 1) / 2


def affine_fields() -> np.ndarray:
    """1, y − 13.5 and x − 13.5 at each pixel, ``(3, 784)``."""
    from_centre = np.arange(SIZE) - CENTRE
    y, x = np.meshgrid(from_centre, from_centre, indexing="ij")
    return np.stack([np.ones(SIZE * SIZE), y.ravel(), x.ravel()])


def identity_map(n: int) -> np.ndarray:
    """Coefficients that leave each pixel where it is, for n digits: ``(2, 3, n)``."""
    one = np.array([[CENTRE, 1, 0], [CENTRE, 0, 1]])
    return np.repeat(one[:, :, None], n, axis=2)


def composed(maps: np.ndarray, inverses: np.ndarray) -> np.ndarray:
    """Distort once more: a pixel p, from the centre, whose source was c₀ + M p now has the source c₀ + M (A p + b).

    Args:
        maps: c₀ and M of each digit, ``(2, 3, n)``.
        inverses: From a pixel back to where it was before: b and A of each digit, ``(2, 3, n)``.

    Returns:
        c₀ + M b and M A, ``(2, 3, n)``.
    """
    result = np.einsum("ijn,jkn->ikn", maps[:, 1:], inverses)
    result[:, 0] += maps[:, 0]
    return result
