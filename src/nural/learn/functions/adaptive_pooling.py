"""Pooling to a given size, and to one number a channel."""

from collections.abc import Iterator

import numpy as np

from nural.learn.case import Case, Draw
from nural.learn.function import REFERENCE, known

#: Samples, height, width, channels, rows and columns of the output.
SIZES = [(1, 2, 4, 1, (1, 2)), (2, 4, 6, 2, (2, 3)), (2, 5, 7, 3, (2, 3)), (1, 3, 5, 2, (2, 2)), (3, 4, 3, 2, (1, 1))]


def _cases(draw: Draw, kind: str, way: str) -> Iterator[Case]:
    for n, h, w, c, size in SIZES:
        x, sizes = draw.apart(n, h, w, c), {"N": n, "H": h, "W": w, "C": c}
        output = () if kind == "global_avg" else (size,)
        y = REFERENCE[f"{'global_avg_pool2d' if kind == 'global_avg' else kind + '_pool2d'}_forward"](x, *output)
        saved = (x, y) if kind == "adaptive_max" else (x.shape,)
        args = (x, *output) if way == "forward" else (draw.whole(*np.shape(y)), *saved, *output)
        yield Case(args, sizes, "bins that overlap" if output and (h % size[0] or w % size[1]) else "")


FUNCTIONS = [
    known(
        f"{kind}_pool2d_{way}",
        "y" if way == "forward" else "dx",
        lambda draw, kind=kind, way=way: _cases(draw, kind, way),
        ("" if way == "forward" else "the gradient of ") + torch,
    )
    for kind, torch in (
        ("adaptive_avg", "torch.nn.functional.adaptive_avg_pool2d"),
        ("adaptive_max", "torch.nn.functional.adaptive_max_pool2d"),
        ("global_avg", "torch.mean over the image"),
    )
    for way in ("forward", "backward")
]
