"""The target itself: the network as steps, the weights as floats or in 8 bits, the two files."""

import re
from pathlib import Path

import numpy as np

from nural.atomic_file import write_atomically
from nural.export.c.program import KIND, c_program
from nural.export.folding import fold_batch_norm
from nural.export.quantisation import quantise_weights, read_back
from nural.export.samples import sample_shape, samples_for
from nural.export.steps import run_in_pieces, steps_of
from nural.export.target import ExportError, Options, Target, Written
from nural.layer import Layer

BITS = (32, 8)


def write_c(model: Layer, path: Path, options: Options) -> Written:
    """Write a model as a C99 file, and its header beside it.

    Raises:
        ExportError: a layer cannot be expressed, the prefix is no name in C, or the weights are to have another number
            of bits than 32 or 8.
        OSError: a file cannot be written.
    """
    bits = 32 if options.bits is None else options.bits
    if bits not in BITS:
        raise ExportError(f"{path}: weights in {KIND} have 32 or 8 bits, not {bits}")
    header = path.with_suffix(".h")
    if header == path:
        raise ExportError(f"{path}: is the header's name; name the C file, {path.with_suffix('.c').name}")
    prefix = _prefix(path, options.prefix)
    shape = sample_shape(model, path, options.input_shape)
    steps = fold_batch_norm(steps_of(model, shape))
    quantised = quantise_weights(steps) if bits == 8 else {}
    program = c_program(steps, quantised, path, prefix, shape)
    samples = samples_for(model, shape)
    found = run_in_pieces(read_back(steps, quantised), samples.x.astype(np.float32))
    write_atomically(header, program.header.encode())
    write_atomically(path, program.source.encode())
    return Written(
        (path, header),
        float(np.abs(found - samples.y).max()),
        f"on {samples.what}, by nural with the weights that the file holds",
        {
            "function": f"{prefix}_predict",
            "bits_of_a_weight": bits,
            "bytes_of_constants": program.weight_bytes,
            "bytes_of_buffers": program.buffer_bytes,
        },
    )


def _prefix(path: Path, given: str | None) -> str:
    """What the names begin with."""
    if given is None:
        derived = re.sub(r"\W", "_", path.stem, flags=re.ASCII)
        return f"_{derived}".lstrip("_") if not derived[:1].isdigit() else f"model_{derived}"
    if not re.fullmatch(r"[A-Za-z]\w*", given, re.ASCII):
        raise ExportError(f"{path}: a prefix of C names begins with a letter and has letters and digits, got {given!r}")
    return given


TARGET = Target("c", KIND, (".c",), write_c, frozenset({"input_shape", "bits", "prefix"}))
