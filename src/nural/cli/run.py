"""A run's folder: its configuration, and what a training leaves there."""

import csv
import io
import json
import math
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import nural
from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError
from nural.cli.model import MODEL_FILE
from nural.cli.names import printable
from nural.models.recipes import RECIPES, Recipe
from nural.training.history import History

CONFIG, CHECKPOINT, HISTORY = "config.json", "checkpoint.safetensors", "history.csv"
PICTURES = ("learning-curve.png", "confusion.png", "mistakes.png")


@dataclass(frozen=True)
class RunConfig:
    """What determines a training."""

    recipe: str
    data: str | None
    label_column: str | None
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    threads: int | str

    def check(self) -> None:
        """Raise CommandError for a setting that cannot be."""
        recipe_named(self.recipe)
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise CommandError(f"--learning-rate must be a number above 0, got {self.learning_rate}")

    @classmethod
    def from_json(cls, text: bytes) -> "RunConfig":
        """The configuration in ``config.json``; ValueError, KeyError, TypeError or RecursionError where it is none."""
        content = json.loads(text)
        config = cls(**{name: content[name] for name in cls.__dataclass_fields__})
        threads = str if config.threads == "auto" else int
        data, label_column = (type(None) if text is None else str for text in (config.data, config.label_column))
        types = (str, data, label_column, int, int, float, int, threads)
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


def recipe_named(name: str) -> Recipe:
    """The recipe, or CommandError if there is none of this name."""
    if name not in RECIPES:
        raise CommandError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def new_folder(out: Path | None, config: RunConfig) -> Path:
    """Make the folder and put the configuration into it.

    Raises:
        CommandError: it holds a run already, or is no folder.
        OSError: it cannot be written.
    """
    folder = out or Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{config.recipe}"
    if (folder / CONFIG).exists() or (folder / CHECKPOINT).exists():
        raise CommandError(f"{folder}: holds a run already; name another folder, or go on with --resume {folder}")
    if found := [name for name in (MODEL_FILE, HISTORY, *PICTURES) if (folder / name).exists()]:
        raise CommandError(f"{folder}: holds a {found[0]} that would be lost; name another folder")
    make_folder(folder)
    versions = {"nural": nural.__version__, "numpy": np.__version__, "python": platform.python_version()}
    content = json.dumps({**asdict(config), "versions": versions}, indent=2) + "\n"
    write_atomically(folder / CONFIG, content.encode())
    return folder


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, if they are not there yet.

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
    """A path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return printable(path if relative.startswith("..") else relative)
