"""Print the coefficients in src/nural/activations/erfcx.py; needs mpmath."""

import mpmath

mpmath.mp.dps = 40
K = 2  # t = (x − K) / (x + K) maps x = 0 … ∞ to −1 … 1
TERMS = 27  # what is left is below 1e-16
NODES = 64


def smooth(t):
    """(x + K) exp(x²) erfc(x), which a polynomial in t follows closely."""
    x = K * (1 + t) / (1 - t)
    if x < 60:
        return (x + K) * mpmath.exp(x * x) * mpmath.erfc(x)
    series = sum((-1) ** m * mpmath.fac2(2 * m - 1) / (2 * x * x) ** m for m in range(12))
    return (x + K) * series / (mpmath.sqrt(mpmath.pi) * x)


angles = [mpmath.pi * (2 * j + 1) / (2 * NODES) for j in range(NODES)]
values = [smooth(mpmath.cos(angle)) for angle in angles]
for i in range(TERMS):
    mean = sum(value * mpmath.cos(i * angle) for value, angle in zip(values, angles, strict=True)) / NODES
    print(f"    {float(mean if i == 0 else 2 * mean)!r},")
