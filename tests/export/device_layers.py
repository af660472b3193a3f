"""Layers that C, a page and NumPy have, as they are written, and the shape of one sample."""

LAYERS = [
    ("Linear(8, 3)", (8,)),
    ("Linear(4, 3, bias=False)", (5, 4)),
    ("Flatten(channels_first=True), ReLU()", (6, 5, 3)),
    ("Conv2d(3, 4, 3)", (7, 6, 3)),
    ("Conv2d(4, 6, (3, 2), stride=(1, 2), padding=((0, 1), (2, 1)), dilation=(2, 1), groups=2)", (9, 8, 4)),
    ("Conv2d(4, 4, 3, padding='same', groups=4, bias=False)", (7, 6, 4)),
    ("MaxPool2d((3, 2), stride=(1, 2), padding=1, dilation=(2, 1), ceil_mode=True)", (8, 7, 3)),
    ("AvgPool2d((2, 3))", (7, 6, 3)),
    ("AvgPool2d(3, 2, 1, ceil_mode=True)", (8, 8, 3)),
    ("AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)", (8, 8, 3)),
    ("AvgPool2d(3, 2, 1, divisor_override=2)", (8, 8, 3)),
    ("AdaptiveAvgPool2d((3, None))", (7, 5, 2)),
    ("AdaptiveMaxPool2d((3, 4))", (7, 5, 2)),
    ("GlobalAvgPool2d()", (7, 5, 3)),
    ("BatchNorm2d(3, eps=1e-3, bias=False)", (6, 5, 3)),
    ("Conv2d(3, 4, 3, bias=False), BatchNorm2d(4)", (6, 5, 3)),
    ("Linear(4, 3), BatchNorm1d(3, affine=False)", (5, 4)),
    ("Affine((3,))", (6, 5, 3)),
    ("Affine((6, 1, 1), shift=False)", (6, 5, 3)),
    ("Rescaling(2.0, -1.0)", (8,)),
    ("Dropout(0.3), ReLU()", (8,)),
    ("Hardtanh(-0.5, 0.7)", (8,)),
    ("Hardtanh(0, None)", (8,)),
    ("LeakyReLU(0.2)", (8,)),
    ("PReLU()", (6, 5, 3)),
    ("PReLU(3, init=0.1)", (6, 5, 3)),
    ("ELU(1.5)", (8,)),
    ("SELU()", (8,)),
    ("GELU()", (8,)),
    ("GELU(approximate='tanh')", (8,)),
    ("SiLU()", (8,)),
    ("Sigmoid()", (8,)),
    ("Tanh()", (8,)),
    ("Softplus(beta=2, threshold=1)", (8,)),
    ("Softmax()", (5, 4)),
    ("LogSoftmax()", (8,)),
    ("Residual(Sequential(Linear(8, 8), ReLU(), Residual(Linear(8, 8))))", (8,)),
    ("Residual(Conv2d(3, 4, 3, padding=1), Sequential(BatchNorm2d(3), Conv2d(3, 4, 1)))", (6, 5, 3)),
]

#: A network of digits with most of them.
MANY = (
    "Unflatten(1, (28, 28, 1)), Conv2d(1, 8, 3, padding=1, bias=False), BatchNorm2d(8), ReLU(),"
    "Residual(Sequential(Conv2d(8, 8, 3, padding=1, groups=2), BatchNorm2d(8), SiLU(), Residual(Conv2d(8, 8, 1)))),"
    "Residual(Sequential(BatchNorm2d(8), LeakyReLU(0.1), Conv2d(8, 12, 3, stride=2, padding=1)), "
    "Sequential(Conv2d(8, 12, 1, stride=2), BatchNorm2d(12))), PReLU(12), MaxPool2d((3, 2), stride=(1, 2), padding=1, "
    "ceil_mode=True), Conv2d(12, 9, 3, padding=(2, 1), dilation=(2, 1)), GELU(), AvgPool2d(3, 2, 1, ceil_mode=True, "
    "count_include_pad=False), ELU(0.7), AdaptiveMaxPool2d((5, 3)), Flatten(channels_first=True), Dropout(0.2), "
    "Linear(135, 32, bias=False), BatchNorm1d(32), Tanh(), Unflatten(1, (4, 2, 4)), GELU('tanh'), SELU(), "
    "Hardtanh(-3, 5), Softplus(), AdaptiveAvgPool2d((3, 2)), Flatten(), Linear(24, 16), Sigmoid(), Linear(16, 10),"
    "LogSoftmax()"
)
