"""The target "html": weights in as many levels as fit, and the page put together from its parts."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nural.data import Preparation, load_mnist_datasets, preparation_of
from nural.evaluation.calibration import answer_threshold
from nural.export.answers import answers_of
from nural.export.folding import fold_batch_norm
from nural.export.html.packing import KIND, packed
from nural.export.input_shape import digit_shape
from nural.export.quantisation import Quantised, quantise, read_back, weighted, weights_of
from nural.export.rounding import levels, quantise_on
from nural.export.samples import samples_for
from nural.export.steps import Step, run_in_batches, steps_of
from nural.export.target import ExportError, Options, Target, Written
from nural.layer import Layer
from nural.overwriting import signature, signed
from nural.parallel.threads import BlasThreads

#: The kind of the file, by which nural recognises it.
FILE = "page"
LIMIT = 300_000  # bytes of the page
LARGEST, LEAST = 127, 4  # the largest whole number of a weight: of 8 bits, and the coarsest that is allowed
DIGITS = 500  # of the training set, on which weights are rounded
CLASSES = 10
SCRIPTS = (
    "numbers",
    "layers",
    "network",
    "strokes",
    "width",
    "ground",
    "components",
    "picture",
    "words",
    "drawing",
    "page",
)


def make_html(model: Layer, path: Path, options: Options) -> Written:
    """A model that reads digits as one page, with weights of 8 bits, or fewer if it would be too large.

    Raises:
        ExportError: a layer cannot be expressed, the model reads no digits, its threshold makes no sense, or no page of
            `LIMIT` bytes can hold it.
    """
    if preparation_of(model) not in (None, Preparation()):
        raise ExportError(f"{path}: a page prepares what is drawn as digits, and this model takes pictures as they are")
    shape = digit_shape(model, path, options.input_shape)
    samples = samples_for(model, shape, path, options)
    meaning = meaning_of(model, samples.y.shape[1:], path)
    with BlasThreads(1):  # the layers' products are small
        page = fitted_page(fold_batch_norm(steps_of(model, shape)), meaning, path, shape)
        found = run_in_batches(page.steps, samples.x.astype(np.float32))
    return Written(
        {path: page.content},
        shape,
        samples.compare(found, "nural with the weights that the page reads"),
        {"bits_of_a_weight": page.largest.bit_length() + 1, "largest_weight_in_whole_numbers": page.largest},
    )


def meaning_of(model: Layer, shape: tuple[int, ...], path: Path) -> dict[str, Any]:
    """What the page must know of outputs of this shape: the classes, a word for the outputs, and how answers follow.

    Raises:
        ExportError: they do not stand for ten classes, or the model's threshold makes no sense.
    """
    answers = answers_of(model, shape, path)
    if answers.task.kind != "multiclass" or shape != (CLASSES,):
        found = f"this one answers with {answers.task.kind} outputs of shape {shape}"
        raise ExportError(f"{path}: a page tells {CLASSES} classes apart, of which a model has an output each; {found}")
    try:
        threshold = answer_threshold(model)
    except ValueError as error:
        raise ExportError(f"{path}: {error}") from error
    return {
        "threshold": threshold,
        "softmax": answers.apply is not None,  # softmax also turns log p into p
        "outputs": answers.word,
        "names": None if answers.of_digits else answers.names,
    }


@dataclass(frozen=True)
class Page:
    """A page and the network in it.

    Attributes:
        content: The content of the file, in UTF-8.
        steps: The network with the weights that the page reads.
        largest: The largest weight in whole numbers of the layer with most weights; others may have more levels.
    """

    content: bytes
    steps: list[Step]
    largest: int


def fitted_page(steps: Sequence[Step], meaning: dict[str, Any], path: Path, shape: tuple[int, ...]) -> Page:
    """The page with weights in as many levels as `LIMIT` allows, rounded on MNIST's training digits.

    Args:
        steps: The steps of the network.
        meaning: The result of `meaning_of`.
        path: The page, for errors.
        shape: The shape of one sample.

    Raises:
        ExportError: a layer cannot be expressed, or the page is too large even with the coarsest weights.
    """
    largest = _most_levels(steps, meaning, path)
    digits = load_mnist_datasets()[0][0][:DIGITS].reshape(-1, *shape)
    while True:
        quantised = quantise_on(steps, digits, largest)
        content = html_page(steps, quantised, meaning, path)
        if len(content) <= LIMIT:
            return Page(content, read_back(steps, quantised), largest)
        largest -= 1  # rounded weights can take a little more than estimated


def html_page(steps: Sequence[Step], quantised: Mapping[str, Quantised], meaning: dict[str, Any], path: Path) -> bytes:
    """The page, in UTF-8.

    Args:
        steps: The network's.
        quantised: The weights in whole numbers.
        meaning: See `meaning_of`.
        path: Where it will be, for errors.

    Raises:
        ExportError: a layer cannot be expressed.
    """
    network, weights = packed(steps, quantised, meaning, path)
    style = _part("page.css")
    script = '"use strict";\n{\n' + "\n".join(_without_comments(_part(f"{name}.js")) for name in SCRIPTS) + "\n}\n"
    parts = {
        "signature": signature(FILE),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "network": network,
        "weights": weights,
    }
    return signed(re.sub(r"@(\w+)@", lambda match: parts[match[1]], _part("page.html")))


def _most_levels(steps: Sequence[Step], meaning: dict[str, Any], path: Path) -> int:
    """The largest whole number up to 127 with which the page is not too large.

    Raises:
        ExportError: it is too large even with the coarsest weights.
    """
    low, high = LEAST, LARGEST + 1
    if (size := _size(steps, LEAST, meaning, path)) > LIMIT:
        raise ExportError(
            f"{path}: the page would have {size:,} bytes even with weights of 4 bits; {LIMIT:,} are allowed"
        )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _size(steps, middle, meaning, path) <= LIMIT else (low, middle)
    return low


def _size(steps: Sequence[Step], largest: int, meaning: dict[str, Any], path: Path) -> int:
    limits = levels(steps, largest)
    quantised = {step.place: quantise(weights_of(step), limits[step.place]) for step in weighted(steps)}
    return len(html_page(steps, quantised, meaning, path))


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _without_comments(script: str) -> str:
    """The script without lines that hold only a comment."""
    return re.sub(r"^\s*//.*\n", "", script, flags=re.MULTILINE)


def _hash(text: str) -> str:
    """The name of an inline style or script in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


TARGET = Target("html", KIND, (".html", ".htm"), FILE, make_html)
