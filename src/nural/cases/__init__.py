"""One table of cases: every forward/backward pair and every loss, once for each way to try it.

`nural check` and `nural parity` print it, and the tests run it: central differences, PyTorch, ``out=``, dtypes, shapes.
"""

from nural.cases import activations, convolution, dropout, linear, losses, normalization, pooling, recurrent
from nural.cases.case import Case, differentiated, gradient_error, relative_error

CASES: list[Case] = [
    *linear.CASES,
    *convolution.CASES,
    *pooling.CASES,
    *activations.CASES,
    *losses.CASES,
    *normalization.CASES,
    *dropout.CASES,
    *recurrent.CASES,
]

__all__ = ["CASES", "Case", "differentiated", "gradient_error", "relative_error"]
