"""Every block of a network as the few lines of NumPy that it is, with its gradient directly beneath it.

Read it in this order: `fully_connected` (the layer, its activations, its losses), `optimizers`, `convolution` (and
pooling), `normalization` (and dropout), `recurrent`, `embedding` (and attention). `initializers` are how
weights begin; `numerical_gradient` proves the gradients. In these files

- ``dy`` is ∂L/∂y, the derivative of the loss with respect to y; ``dx``, ``dW`` and so on likewise;
- ``*_forward`` computes y, and ``*_backward`` takes dy and gives the gradients of weights first, then dx;
- a batch x is ``(N, features)``, images ``(N, H, W, channels)``, sequences ``(N, steps, features)``;
- weights are ``(in, out)``, kernels ``(kh, kw, in, out)``; an update changes its weights in place.

nural's fast functions have the same names, arguments and results, check what they are given and allocate nothing.
"""

from nural.reference.convolution import *  # noqa: F403
from nural.reference.embedding import *  # noqa: F403
from nural.reference.fully_connected import *  # noqa: F403
from nural.reference.initializers import *  # noqa: F403
from nural.reference.normalization import *  # noqa: F403
from nural.reference.optimizers import *  # noqa: F403
from nural.reference.recurrent import *  # noqa: F403
