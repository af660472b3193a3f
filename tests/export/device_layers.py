"""What C, a page and NumPy have: the layers one by one, and a network of many."""

from pathlib import Path

from nural.cases.layers import LAYERS, examples
from nural.export import ExportError
from nural.export.calls import calls_of
from nural.export.folding import fold_batch_norm
from nural.export.steps import steps_of


def _expressible(model, shape):
    try:
        return calls_of(fold_batch_norm(steps_of(model, shape)), {}, Path("model"), "C")
    except ExportError:
        return None


def said(value):
    """A network or a shape in one line."""
    return " ".join(repr(value).split())


#: Each layer in the ways in which C and a page have it.
EXAMPLES = [(model, shape) for kind in LAYERS for model, shape in examples(kind) if _expressible(model, shape)]

#: A network of digits with most of them.
MANY = (
    "Rescaling(2.0, -0.1), Unflatten(1, (28, 28, 1)), Conv2d(1, 8, 3, padding=1, bias=False), BatchNorm2d(8), ReLU(),"
    "Residual(Sequential(Conv2d(8, 8, 3, padding=1, groups=2), BatchNorm2d(8), SiLU(), Residual(Conv2d(8, 8, 1)))),"
    "Residual(Sequential(BatchNorm2d(8), LeakyReLU(0.1), Conv2d(8, 12, 3, stride=2, padding=1)), "
    "Sequential(Conv2d(8, 12, 1, stride=2), BatchNorm2d(12))), PReLU(12), MaxPool2d((3, 2), stride=(1, 2), padding=1, "
    "ceil_mode=True), Conv2d(12, 9, 3, padding=(2, 1), dilation=(2, 1)), GELU(), AvgPool2d(3, 2, 1, ceil_mode=True, "
    "count_include_pad=False), ELU(0.7), AdaptiveMaxPool2d((5, 3)), Flatten(channels_first=True), Dropout(0.2), "
    "Linear(135, 32, bias=False), BatchNorm1d(32), Tanh(), Unflatten(1, (4, 2, 4)), GELU('tanh'), SELU(), "
    "Hardtanh(-3, 5), Softplus(), AdaptiveAvgPool2d((3, 2)), Flatten(), Linear(24, 16), Softsign(), "
    "Graph(reads=[[0], [0, 1, 0], [2, 0, 1]], layer1=Tanh(), layer2=Sum(), layer3=Concatenate()), Linear(48, 16), "
    "Sigmoid(), Softmax(), Unflatten(1, (2, 2, 4)), Affine((4,)), GlobalAvgPool2d(), Linear(4, 10), LogSoftmax()"
)
