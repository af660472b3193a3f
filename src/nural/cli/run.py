"""A run's folder: its configuration, and what a training leaves there."""

import csv
import io
import json
import math
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from rich.console import Console

import nural
from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError
from nural.cli.model import MODEL_FILE
from nural.cli.names import printable
from nural.data import Preparation
from nural.models.recipes import RECIPES, Recipe
from nural.training.history import History

CONFIG, CHECKPOINT, HISTORY, LOCK = "config.json", "checkpoint.safetensors", "history.csv", ".lock"
#: The values of ``--pictures``, and the preparation that each asks for.
PICTURES_AS: dict[str, Preparation | None] = {
    "auto": None,
    "prepare": Preparation(),
    "as-is": Preparation("as is"),
}
PICTURES_HELP = (
    "How pictures are prepared. prepare: they get the form of MNIST's digits, as `nural prepare` shows. as-is: they "
    "keep size and colours, and must all be of one size. auto: prepare if their folders are named 0 to 9, else as-is. "
    "[default: auto]"
)
PICTURES = ("learning-curve.png", "confusion.png", "mistakes.png")


@dataclass(frozen=True)
class RunConfig:
    """What determines a training."""

    recipe: str
    data: str | None
    label_column: str | None
    pictures: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    threads: int | str

    def check(self) -> None:
        """Raise CommandError for a setting that cannot be."""
        recipe_named(self.recipe)
        pictures_as(self.pictures)
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise CommandError(f"--learning-rate must be a number above 0, got {self.learning_rate}")

    @classmethod
    def from_json(cls, text: bytes) -> "RunConfig":
        """The configuration in ``config.json``; ValueError, KeyError, TypeError or RecursionError where it is none."""
        content = json.loads(text)
        config = cls(**{name: content[name] for name in cls.__dataclass_fields__})
        threads = str if config.threads == "auto" else int
        data, label_column = (type(None) if text is None else str for text in (config.data, config.label_column))
        types = (str, data, label_column, str, int, int, float, int, threads)
        for (name, value), expected in zip(asdict(config).items(), types, strict=True):
            if type(value) is not expected:
                raise ValueError(f"{name} is {value!r}")
        least = 1 if config.threads == "auto" else int(config.threads)
        if min(config.epochs, config.batch_size, least) < 1 or config.seed < 0:
            raise ValueError("a number is too small")
        return config


def threads_given(text: str | None) -> int | str | None:
    """What follows ``--threads``, if it is given: "auto" or a number."""
    if text is None or text == "auto":
        return text
    if not text.isdecimal() or int(text) < 1:
        raise CommandError(f"--threads must be auto or a whole number from 1, got {text}")
    return int(text)


def pictures_as(name: str) -> Preparation | None:
    """The preparation that ``--pictures`` asks for, or None for that which suits the pictures."""
    if name not in PICTURES_AS:
        raise CommandError(f"--pictures must be one of {', '.join(PICTURES_AS)}, got {name}")
    return PICTURES_AS[name]


def recipe_named(name: str) -> Recipe:
    """The recipe, or CommandError if there is none of this name."""
    if name not in RECIPES:
        raise CommandError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


@contextmanager
def new_folder(out: Path | None, config: RunConfig) -> Iterator[Path]:
    """Make the folder of a run, put the configuration into it, and hold it as `held` does.

    Raises:
        CommandError: it holds a run already, or is no folder.
        OSError: it cannot be written.
    """
    if out is None:
        folder = _folder_of_its_own(Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{config.recipe}")
    else:
        folder = out
        _require_room(folder)
        make_folder(folder)
    with held(folder):
        _require_room(folder)  # another process may have been here since
        versions = {"nural": nural.__version__, "numpy": np.__version__, "python": platform.python_version()}
        content = json.dumps({**asdict(config), "versions": versions}, indent=2) + "\n"
        write_atomically(folder / CONFIG, content.encode())
        yield folder


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Keep other processes out of a run's folder; the system lets go of it when this process ends, however it ends.

    Raises:
        CommandError: another process holds it.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CommandError(f"{folder}: another `nural train` is at work there; wait for its end") from None
    try:
        yield folder
    finally:
        with suppress(OSError):  # Windows cannot remove an open file; one that stays holds nobody up
            (folder / LOCK).unlink()
        lock.release()


def _require_room(folder: Path) -> None:
    """Raise CommandError if a run in this folder would overwrite something."""
    if (folder / CONFIG).exists() or (folder / CHECKPOINT).exists():
        raise CommandError(f"{folder}: holds a run already; name another folder, or go on with --resume {folder}")
    if found := [name for name in (MODEL_FILE, HISTORY, *PICTURES) if (folder / name).exists()]:
        raise CommandError(f"{folder}: holds a {found[0]} that would be lost; name another folder")


def _folder_of_its_own(folder: Path) -> Path:
    """A new folder of this name, or with -2, -3, … after it where other runs began in the same second."""
    make_folder(folder.parent)
    own, number = folder, 1
    while True:
        try:
            own.mkdir()
            return own
        except FileExistsError:
            number += 1
            own = folder.with_name(f"{folder.name}-{number}")


def make_folder(folder: Path) -> None:
    """Make the folder and its parents, if they are not there yet.

    Raises:
        CommandError: it is no folder, or may not be made.
        OSError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise CommandError(f"{folder}: expected a folder to write to, found a file") from None
    except PermissionError:
        raise CommandError(f"{folder}: expected a folder to write to, found that it may not be made") from None


def read_config(folder: Path, given: dict[str, Any]) -> RunConfig:
    """The configuration of the run to resume.

    Args:
        folder: The run's.
        given: Options of the command line that are not None; they may repeat the configuration, not change it.

    Raises:
        CommandError: there is no run, its configuration is damaged, or an option differs from it.
    """
    path = folder / CONFIG
    try:
        config = RunConfig.from_json(path.read_bytes())
    except FileNotFoundError:
        raise CommandError(f"{folder}: expected the folder of a run to resume, found no {CONFIG} there") from None
    except NotADirectoryError:
        raise CommandError(f"{folder}: expected the folder of a run to resume, found a file") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CommandError(f"{path}: is no configuration of a run ({error})") from None
    for name, value in given.items():
        if value != getattr(config, name):
            option = f"--{name.replace('_', '-')}"
            raise CommandError(
                f"{folder}: the run to resume has {option} {getattr(config, name)}; it cannot become {value}"
            )
    return config


def write_history(folder: Path, history: History) -> None:
    """``history.csv``: a row an epoch. It holds no times, so that the same seed gives the same file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(history.epochs[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history.epochs)
    write_atomically(folder / HISTORY, text.getvalue().encode())


def say(console: Console, line: str, style: str | None = None) -> None:
    """One line: broken between words on a terminal, whole elsewhere."""
    console.print(line, style=style, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def shown(path: Path) -> str:
    """The path in its shortest form: relative to the current folder if it is inside."""
    relative = os.path.relpath(path)
    return printable(path if relative.startswith("..") else relative)
