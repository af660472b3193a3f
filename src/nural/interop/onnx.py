"""ONNX networks as nural's, to run and to train further."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nural.interop import ConversionError, one_line
from nural.layer import Layer

if TYPE_CHECKING:
    from nural.interop.onnx_reader import Reader

#: ONNX's own domain, by both of its names in nodes, and that of scikit-learn's converters.
DOMAINS = ("", "ai.onnx", "ai.onnx.ml")


def load(path: str | os.PathLike[str], *, output: str | None = None, input_shape: Sequence[int] | None = None) -> Layer:
    """Read an ONNX network made of operators that nural has as layers.

    The layers are nural's own, with the file's arrays as their parameters, so `nural.fit` trains them, `nural.save`
    keeps them and `nural.export` writes them. Layers through which a single value flows become a `Sequential`, a sum of
    two ways a `Residual`, anything else a `Graph`.

    Images, ``(N, C, H, W)`` in ONNX, are ``(N, H, W, C)`` in the model, and sequences are ``(N, T, F)``, whatever the
    file has. ``model.info["onnx"]`` records this: the model's input is the file's, transposed by ``input_axes``, and
    its output the file's transposed by ``output_axes``. For a classifier of scikit-learn's, ``model.task`` has the
    classes.

    Args:
        path: The file. Arrays that it keeps in other files are read from its folder.
        output: The name of the wanted output, if there are several; by default the first that is computed
            in floats from the input; for a classifier of scikit-learn's, these are its probabilities.
        input_shape: The shape of the input in the file, if layers depend on sizes that the file leaves open. A free
            first dimension may stay open.

    Raises:
        ConversionError: the file is damaged, or a node has no layer in nural. The message names it.
        ImportError: the package onnx is missing.
    """
    _onnx()
    from nural.interop.onnx_reader import Reader

    try:
        return converted(Reader(_read(Path(path)), str(path), output, input_shape))
    except ConversionError:
        raise
    except Exception as error:  # the package onnx raises errors of many types for damaged files
        raise ConversionError(f"{path}: is no ONNX model that can be read ({one_line(error)})") from error


def converted(reader: "Reader") -> Layer:
    """The network of the graph that ``reader`` holds, node by node.

    Raises:
        ConversionError: a node has no layer in nural.
    """
    from nural.interop.onnx_operators import OPERATORS

    for node in reader.nodes:
        reader.node = node
        if node.op_type == "Shape" and node.input[0] in reader.values:
            reader.fold_shape(node, reader.values[node.input[0]].shape)
        elif node.domain not in DOMAINS:
            raise reader.refuse(f"it is of the domain {node.domain}, of which nural has no operator")
        elif all(name in reader.constants for name in node.input if name):
            reader.fold(node)
        elif node.op_type not in OPERATORS:
            raise reader.refuse("nural has no layer for this operator")
        else:
            try:
                reader.values.setdefault(node.output[0], OPERATORS[node.op_type](reader, node))
            except ConversionError:
                raise
            except Exception as error:  # incomplete or inconsistent nodes can raise any of them
                raise reader.refuse(one_line(error)) from error
    return reader.model()


def _read(path: Path) -> Any:
    onnx = _onnx()
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "there is no such file"
        raise ConversionError(f"{path}: {found}, expected an ONNX model")
    model = onnx.load(path)
    if not model.graph.node and not model.graph.output:
        raise ConversionError(f"{path}: is no ONNX model: it has no graph")
    return onnx.inliner.inline_local_functions(model) if model.functions else model


def _onnx() -> Any:
    """The package onnx, imported only when it is needed."""
    try:
        import onnx
        import onnx.inliner
    except ModuleNotFoundError as error:
        raise ImportError("nural.interop.onnx needs the package onnx: pip install 'nural[onnx]'") from error
    return onnx
