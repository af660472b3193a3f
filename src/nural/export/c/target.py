"""The target "c": the network as steps, weights as floats or in 8 bits, and the two files."""

from pathlib import Path

import numpy as np

from nural.export.answers import answers_of
from nural.export.c.program import FILE, KIND, c_program
from nural.export.folding import fold_batch_norm
from nural.export.input_shape import sample_shape
from nural.export.names import c_prefix
from nural.export.quantisation import quantise_weights, read_back
from nural.export.samples import samples_for
from nural.export.steps import run_in_batches, steps_of
from nural.export.target import Comparison, ExportError, Options, Target, Written
from nural.layer import Layer
from nural.overwriting import signed

BITS = (32, 8)
NOT_KNOWN = (
    "unknown, as random inputs do not tell what weights of 8 bits cost: give samples and their answers with --data"
)


def make_c(model: Layer, path: Path, options: Options) -> Written:
    """A model as a C99 file, and its header beside it.

    Raises:
        ExportError: a layer cannot be expressed, the prefix is no name in C, the file has a name that C cannot include,
            or the number of bits is neither 32 nor 8.
    """
    bits = 32 if options.bits is None else options.bits
    if bits not in BITS:
        raise ExportError(f"{path}: weights in {KIND} have 32 or 8 bits, not {bits}")
    header = path.with_suffix(".h")
    if header == path:
        raise ExportError(f"{path}: is the header's name; name the C file, {path.with_suffix('.c').name}")
    prefix = c_prefix(path, options.prefix)
    shape = sample_shape(model, path, options.input_shape)
    samples = samples_for(model, shape, path, options)
    answers = answers_of(model, samples.y.shape[1:], path)
    steps = fold_batch_norm(steps_of(model, shape))
    quantised = quantise_weights(steps) if bits == 8 else {}
    program = c_program(steps, quantised, path, prefix, shape, answers)
    if quantised and (samples.random or (samples.truth is None and options.data is None)):
        comparison = Comparison(None, NOT_KNOWN)
    else:
        found = run_in_batches(read_back(steps, quantised), samples.x.astype(np.float32))
        comparison = samples.compare(found, "nural with the weights that the file holds")
    return Written(
        {path: signed(program.source), header: signed(program.header)},
        shape,
        comparison,
        {
            "function": f"{prefix}_predict",
            "bits_of_a_weight": bits,
            "bytes_of_constants": program.weight_bytes,
            "bytes_of_buffers": program.buffer_bytes,
        },
    )


TARGET = Target("c", KIND, (".c",), FILE, make_c, frozenset({"bits", "prefix"}), companion=(".h", FILE))
