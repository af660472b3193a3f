"""The windows of a convolution or a pooling, for the one size of image that an exported network takes."""

from nural.export.steps import Step
from nural.layers.average_pooling import AvgPool2d
from nural.layers.convolution import Conv2d
from nural.layers.max_pooling import MaxPool2d
from nural.layers.pooling import pooling_windows
from nural.layers.windows import Pair, Sides, Windows, windows_over


def windows_of(step: Step) -> Windows:
    """The windows of a step with a `Conv2d`, a `MaxPool2d` or an `AvgPool2d`."""
    layer, shape = step.layer, (1, *step.x_shape)
    match layer:
        case Conv2d():
            return windows_over("Conv2d", shape, layer.kernel_size, layer.stride, layer.sides, layer.dilation)
        case MaxPool2d(kernel_size=kernel, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode):
            return pooling_windows("MaxPool2d", shape, kernel, stride, padding, dilation, ceil_mode)
        case AvgPool2d(kernel_size=kernel, stride=stride, padding=padding, ceil_mode=ceil_mode):
            return pooling_windows("AvgPool2d", shape, kernel, stride, padding, 1, ceil_mode)
    raise TypeError(f"{layer!r} has no windows")


def reached(windows: Windows) -> Sides:
    """How far the windows reach beyond the image on each side, which is the padding that they need."""

    def one(axis: int) -> Pair:
        before = windows.sides[axis][0]
        last = (windows.count[axis] - 1) * windows.stride[axis] - before
        end = last + windows.dilation[axis] * (windows.kernel[axis] - 1) + 1
        return before, max(0, end - windows.size[axis])

    return one(0), one(1)
