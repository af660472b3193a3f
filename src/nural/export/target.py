"""What a target of `nural export` is, which there are, and how one is chosen."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from nural.layer import Layer

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
    """A model that cannot be written for a target; one sentence names the file, and the layer if it is one's fault."""


@dataclass(frozen=True)
class Options:
    """What else can be asked of a target. One that does not take an option refuses any value but the default.

    Attributes:
        with_preprocessing: Take digits as pixels, uint8 ``(N, 28, 28)`` with 0 for the ground and 255 for ink, and
            answer with probabilities, so that the file holds all that is between a picture and an answer.
        input_shape: The shape of one sample in nural's order, where the model does not tell it: see `sample_shape`.
        bits: Of each weight: fewer make the file smaller and the answers less exact. None for the target's own choice.
        prefix: What names in the file begin with; by default, from the file's name.
    """

    with_preprocessing: bool = False
    input_shape: tuple[int, ...] | None = None
    bits: int | None = None
    prefix: str | None = None


@dataclass(frozen=True)
class Written:
    """What an export made.

    Attributes:
        files: The files, the one that was asked for first.
        largest_difference: Between an output of the model and of what was written, computed by running that; absolute.
        compared: On what and by what, as a sentence goes on: "on 1,000 MNIST validation digits, by ONNX Runtime 1.23".
        details: Anything JSON can hold that is worth saying of the target's own.
    """

    files: tuple[Path, ...]
    largest_difference: float
    compared: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """One kind of file that a model can become.

    Attributes:
        name: As ``--to`` takes it.
        kind: As a sentence has it: "ONNX".
        endings: Of file names, with the dot: those that choose this target.
        write: Writes a model to a path, whole or not at all, and says how far it is from the model. It raises
            `ExportError` for what it cannot express; `cannot_express` words it.
        takes: The names of the `Options` that make a difference.
    """

    name: str
    kind: str
    endings: tuple[str, ...]
    write: Callable[[Layer, Path, Options], Written]
    takes: frozenset[str] = frozenset()


def export_model(model: Layer, path: str | os.PathLike[str], *, to: str | None = None, **options: Any) -> Written:
    """Write a model for another program, and measure how far what was written is from the model.

    Args:
        model: What to write. It is not changed.
        path: The file. Its ending chooses the target unless ``to`` is given.
        to: The name of a target, of `TARGETS`.
        **options: Those of `Options`.

    Raises:
        ExportError: there is no such target, it cannot express a layer, or a package that it needs is missing.
        OSError: a file cannot be written.
    """
    path = Path(path)
    target, asked = _target(path, to), Options(**options)
    for option in fields(Options):
        if getattr(asked, option.name) != option.default and option.name not in target.takes:
            raise ExportError(f"{path}: {option.name} makes no difference to {target.kind}; leave it away")
    return target.write(model, path, asked)


def cannot_express(path: Path, place: str, layer: Layer, kind: str, why: str) -> ExportError:
    """The error for a layer that a target does not have.

    Args:
        path: The file that was asked for.
        place: The layer's dotted name in the model, empty for the model itself.
        layer: The layer.
        kind: The target's.
        why: What is missing.
    """
    where = f"layer {place}, {layer!r}," if place else repr(layer)
    return ExportError(f"{path}: cannot express {where} as {kind}: {why}")


def missing_package(path: Path, kind: str, package: str, install: str) -> ExportError:
    """The error for a target that needs a package which is not there."""
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
