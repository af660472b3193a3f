"""What a target of `nural export` is, which there are, and how one is chosen."""

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
        data: What to compare model and file on: ``(x, y)``, samples and what is true of them, or where these are; see
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
    """How far what was written is from the model.

    Attributes:
        largest_difference: Between an output of the model and of what was written, computed by running that; absolute.
            None where there was nothing to compare them on that would say something.
        compared: On what and by what, as a sentence goes on: "on 1,000 MNIST validation digits, by ONNX Runtime 1.23".
        accuracy: The share of samples that what was written answers rightly, if that is known.
        accuracy_of_the_model: And the share that the model does.
    """

    largest_difference: Any
    compared: str
    accuracy: Any = None
    accuracy_of_the_model: Any = None


@dataclass(frozen=True)
class Written:
    """What an export makes.

    Attributes:
        contents: Of each file, the one that was asked for first.
        shape: Of one sample.
        comparison: With the model.
        details: Anything JSON can hold that is worth saying of the target's own.
    """

    contents: dict[Path, bytes] = field(repr=False)
    shape: tuple[int, ...]
    comparison: Comparison
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, the one that was asked for first."""
        return tuple(self.contents)

    @property
    def largest_difference(self) -> Any:
        """That of the comparison."""
        return self.comparison.largest_difference

    @property
    def compared(self) -> str:
        """That of the comparison."""
        return self.comparison.compared


@dataclass(frozen=True)
class Target:
    """One kind of file that a model can become.

    Attributes:
        name: As ``--to`` takes it.
        kind: As a sentence has it: "ONNX".
        endings: Of file names, with the dot: those that choose this target.
        file: What the file is, as nural knows it again: see `nural.overwriting`.
        make: Makes the content of the files, writes nothing, and says how far it is from the model. It raises
            `ExportError` for what it cannot express; `cannot_express` words it.
        takes: The names of the `Options` that make a difference, beside those of `COMMON`.
        companion: The ending of a second file beside the first, and what that one is.
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
    """Write a model for another program, and measure how far what was written is from the model.

    Args:
        model: What to write. It is not changed.
        path: The file. Its ending chooses the target unless ``to`` is given.
        to: The name of a target, of `TARGETS`.
        force: Replace whatever files are there. Without it only such are replaced as the same target wrote.
        **options: Those of `Options`.

    Raises:
        ExportError: there is no such target, it cannot express a layer, or a package that it needs is missing.
        OverwriteError: a file is there that would be lost; nothing was written.
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
