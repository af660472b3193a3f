"""The targets of `nural export`, and how one is chosen."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from nural.atomic_file import write_atomically
from nural.layer import Layer
from nural.overwriting import require_replaceable

#: The module of each target by its name; each has a `Target` called TARGET. Modules import optional packages where
#: they use them, so that loading all of these needs nothing.
TARGETS = {
    "onnx": "nural.export.onnx",
    "torch": "nural.export.torch",
    "html": "nural.export.html",
    "c": "nural.export.c",
    "numpy": "nural.export.numpy",
}


class ExportError(ValueError):
    """A model that cannot be written for a target; the message names the file, and the layer if that is the reason."""


@dataclass(frozen=True)
class Options:
    """Options of an export. A target that does not use an option refuses any value but the default.

    Attributes:
        with_preprocessing: Take digits as pixels, uint8 ``(N, 28, 28)`` with 0 for the ground and 255 for ink, and
            answer with probabilities, so that the file does everything from a picture to an answer.
        input_shape: The shape of one sample in nural's order, if the model does not determine it; see `sample_shape`.
        bits: Bits per weight: fewer make the file smaller and the answers less exact. None for the target's default.
        prefix: The prefix of names in the file; by default made from the file's name.
        data: Samples to compare model and file on: ``(x, y)`` with the right answers, or the path of such data; see
            `nural.export.samples`.
    """

    with_preprocessing: bool = False
    input_shape: tuple[int, ...] | None = None
    bits: int | None = None
    prefix: str | None = None
    data: tuple[Any, Any] | str | os.PathLike[str] | None = None


#: The options that every target takes.
COMMON = frozenset({"input_shape", "data"})


@dataclass(frozen=True)
class Comparison:
    """How much the written file differs from the model.

    Attributes:
        largest_difference: The largest absolute difference between outputs of the model and of the file, which was run.
            None if there was nothing meaningful to compare them on.
        compared: The samples and the program, as the end of a sentence: "on 1,000 MNIST validation digits, by ONNX
            Runtime 1.23".
        accuracy: The share of samples that the file answers rightly, if known.
        accuracy_of_the_model: The share of samples that the model answers rightly.
    """

    largest_difference: Any
    compared: str
    accuracy: Any = None
    accuracy_of_the_model: Any = None


@dataclass(frozen=True)
class Written:
    """The result of an export.

    Attributes:
        contents: The content of each file, that of the requested file first.
        shape: The shape of one sample.
        comparison: The comparison with the model.
        details: Further facts about this target, which JSON can hold.
    """

    contents: dict[Path, bytes] = field(repr=False)
    shape: tuple[int, ...]
    comparison: Comparison
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, the requested one first."""
        return tuple(self.contents)

    @property
    def largest_difference(self) -> Any:
        """The comparison's largest difference."""
        return self.comparison.largest_difference

    @property
    def compared(self) -> str:
        """That of the comparison."""
        return self.comparison.compared


@dataclass(frozen=True)
class Target:
    """One kind of file that a model can become.

    Attributes:
        name: The name that ``--to`` takes.
        kind: The name in sentences: "ONNX".
        endings: The endings of file names, with the dot, that choose this target.
        file: The kind of the file, by which nural recognises it; see `nural.overwriting`.
        make: Makes the contents of the files, without writing them, and compares them with the model. It raises
            `ExportError` for what it cannot express; `cannot_express` words it.
        takes: The names of the `Options` that it uses, besides those of `COMMON`.
        companion: The ending of a second file beside the first, and its kind.
    """

    name: str
    kind: str
    endings: tuple[str, ...]
    file: str
    make: Callable[[Layer, Path, Options], Written]
    takes: frozenset[str] = frozenset()
    companion: tuple[str, str] | None = None


def export_model(
    model: Layer, path: str | os.PathLike[str], *, to: str | None = None, force: bool = False, **options: Any
) -> Written:
    """Write a model for another program, and measure how much the result differs from it.

    Args:
        model: The model, which is not changed.
        path: The file. Its ending chooses the target unless ``to`` is given.
        to: The name of a target, of `TARGETS`.
        force: Replace any existing files. By default only files that the same target wrote are replaced.
        **options: The fields of `Options`.

    Raises:
        ExportError: there is no such target, it cannot express a layer, or a package that it needs is missing.
        OverwriteError: an existing file would be lost; nothing was written.
        OSError: a file cannot be written.
    """
    path = Path(path)
    target, asked = _target(path, to), Options(**options)
    for option in fields(Options):
        if getattr(asked, option.name) != option.default and option.name not in target.takes | COMMON:
            raise ExportError(f"{path}: {option.name} makes no difference to {target.kind}; leave it away")
    require_replaceable(path, target.file, force=force)
    if target.companion:
        ending, file = target.companion
        require_replaceable(path.with_suffix(ending), file, force=force)
    written = target.make(model, path, asked)
    for file, content in written.contents.items():
        write_atomically(file, content)
    return written


def cannot_express(path: Path, place: str, layer: Layer, kind: str, why: str) -> ExportError:
    """The error for a layer that a target cannot express.

    Args:
        path: The file that was asked for.
        place: The layer's dotted name in the model, empty for the model itself.
        layer: The layer.
        kind: The target's kind.
        why: The reason.
    """
    where = f"layer {place}, {layer!r}," if place else repr(layer)
    return ExportError(f"{path}: cannot express {where} as {kind}: {why}")


def missing_package(path: Path, kind: str, package: str, install: str) -> ExportError:
    """The error for a target that needs a package that is not installed."""
    return ExportError(f"{path}: writing {kind} needs {package}: pip install '{install}'")


def _target(path: Path, to: str | None) -> Target:
    if to is not None and to not in TARGETS:
        raise ExportError(f"{path}: there is no target {to!r}; there are {', '.join(TARGETS)}")
    if to is not None:
        return _load(to)
    targets = [_load(name) for name in TARGETS]
    for target in targets:
        if path.name.lower().endswith(target.endings):
            return target
    known = ", ".join(f"{target.name} ({' '.join(target.endings)})" for target in targets)
    found = f"the ending {path.suffix} is that of no target" if path.suffix else "has no ending that names a target"
    raise ExportError(f"{path}: {found}; name one with --to: {known}")


def _load(name: str) -> Target:
    return import_module(TARGETS[name]).TARGET
