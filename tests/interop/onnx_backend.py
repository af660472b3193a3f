"""nural as a back end of the package onnx: the first input of a graph is the network's, all others are its arrays."""

import numpy as np
from onnx.backend.base import Backend, BackendRep

from nural.interop.onnx import converted
from nural.interop.onnx_reader import Reader


class Prepared(BackendRep):
    """A graph, read anew for each set of arrays."""

    def __init__(self, model):
        self.model = model

    def run(self, inputs, **kwargs):
        graph = self.model.graph
        there = {each.name for each in graph.initializer}
        names = [each.name for each in graph.input if each.name not in there]
        bound = dict(zip(names[1:], inputs[1:], strict=True))
        return tuple(self.output(each.name, inputs[0], bound) for each in graph.output)

    def output(self, name, x, bound):
        model = converted(Reader(self.model, "the test's model", name, x.shape, bound))
        axes = model.info["onnx"]
        y = model.forward(np.ascontiguousarray(x.transpose(axes["input_axes"])))
        return y.transpose(np.argsort(axes["output_axes"])).copy()


class NuralBackend(Backend):
    @classmethod
    def prepare(cls, model, device="CPU", **kwargs):
        return Prepared(model)

    @classmethod
    def supports_device(cls, device):
        return device == "CPU"
