"""`nural train`."""

import json
import os
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from nural.cli.announcement import announce
from nural.cli.datasets import LabelColumn, load_telling
from nural.cli.errors import CommandError, report_errors
from nural.cli.launcher import world
from nural.cli.model import remember_run
from nural.cli.progress import TrainingProgress
from nural.cli.results import finish
from nural.cli.run import (
    CHECKPOINT,
    PICTURES_HELP,
    RunConfig,
    held,
    new_folder,
    pictures_as,
    read_config,
    recipe_named,
    say,
    shown,
    threads_given,
)
from nural.containers import Sequential
from nural.data import Batches, DataSets
from nural.data.datasets import is_picture_folder
from nural.layer import Layer
from nural.models.recipes import RECIPES, rescaling_of
from nural.parallel.ranks import Ranks, RanksError
from nural.training.divergence import DivergedError
from nural.training.fit import fit
from nural.training.history import History


@report_errors
def train(
    recipe: Annotated[
        str | None,
        typer.Option(help="What to train: see `nural recipes`. [default: mlp]"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="What to learn from: mnist.pkl.gz, mnist.npz, a CSV file, a folder of IDX files, or one of pictures "
            "with a subfolder for each class. [default: the MNIST inside]",
        ),
    ] = None,
    label_column: LabelColumn = None,
    pictures: Annotated[
        str | None,
        typer.Option(metavar="auto|prepare|as-is", help=PICTURES_HELP),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the training set. [default: the recipe's]"),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1, help="Pictures per step. [default: the recipe's, or a tenth of the pictures if they are fewer]"
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Largest learning rate. [default: the recipe's, smaller in proportion with a smaller batch]"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="The same seed and number of threads give the same model. [default: 0]"),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(metavar="auto|N", help="Threads in all; auto takes as many as speed it up. [default: auto]"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(readable=False, help="Folder for the results. [default: runs/DATE-TIME-RECIPE]"),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(readable=False, help="Folder of an interrupted run to go on with."),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the result as one JSON object; progress goes to stderr."),
    ] = False,
) -> None:
    """Train a network on handwritten digits, or on your own pictures; leave model, history and charts in a folder.

    The model's file records how pictures were prepared, so that `nural predict` and `nural evaluate` do the same.

    Examples:

        nural train

        nural train --recipe walkthrough --seed 1 --out runs/first

        nural train --data ~/Downloads/mnist.pkl.gz --epochs 3

        nural train --data scans

        nural train --recipe cnn-fast --data leaves --pictures as-is

        nural train --resume runs/first
    """
    begun = time.perf_counter()
    options = {
        "recipe": recipe,
        "data": None if data is None else str(data.absolute()),
        "label_column": label_column,
        "pictures": pictures,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "threads": threads_given(threads),
    }
    given = {name: value for name, value in options.items() if value is not None}
    ranks = Ranks(world(os.environ))
    console = Console(stderr=as_json, quiet=not ranks.first)
    try:
        folder, tested, result = _train(ranks, console, given, out, resume)
    except (RanksError, DivergedError, KeyboardInterrupt):  # raised on all ranks alike; the first one reports it
        if ranks.first:
            raise
        raise typer.Exit(2) from None
    if not ranks.first:
        return
    remember_run(folder)
    seconds = time.perf_counter() - begun
    if as_json:
        print(json.dumps({"folder": str(folder), **result, "seconds": round(seconds, 2)}))
        return
    say(
        console,
        f"test accuracy {100 * result['test_accuracy']:.2f}% on {tested} never seen before, "
        f"after {seconds:.1f} s in all",
        style="bold",
    )
    names = ", ".join(sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")))
    say(console, f"{shown(folder)}: {names}")


def _train(
    ranks: Ranks, console: Console, given: dict[str, Any], out: Path | None, resume: Path | None
) -> tuple[Path, str, dict[str, Any]]:
    """Train as the options say; returns the folder, what was tested, and what rank 0 found on it."""
    configured: dict[str, Any] = {}
    with ranks.agreeing():
        if ranks.first:
            configured = asdict(_configuration(given, out, resume))
    config = RunConfig(**ranks.from_first(configured))
    with ranks.agreeing():
        data, pictures = given.get("data", config.data), pictures_as(config.pictures)
        if data is not None and is_picture_folder(data):
            say(console, f"reading the pictures in {shown(Path(data))}")
        sets = load_telling(data, pictures, label_column=config.label_column, to_learn=True)
        if resume is None and "batch_size" not in given:
            config = _with_small_batches(config, len(sets.training[1]), keep_rate="learning_rate" in given)
        model = _network(config, sets)
    with ExitStack() as stack:
        folder = None
        with ranks.agreeing():
            if ranks.first:
                folder = stack.enter_context(new_folder(out, config) if resume is None else held(resume))
        folder = Path(ranks.from_first(str(folder)))
        try:
            announce(console, "training" if resume is None else "resuming", config, model, sets, folder, ranks)
            history = _fit(config, model, sets, folder, console, ranks)
            result = finish(config, model, history, sets, folder) if ranks.first else {}
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"; go on with: nural train --resume {shown(folder)}") from None
    return folder, f"{len(sets.test[1]):,} {sets.what}", result


def _with_small_batches(config: RunConfig, pictures: int, keep_rate: bool) -> RunConfig:
    """Take ten steps per epoch if there are fewer pictures than the recipe's batch, with a rate in proportion.

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.1: the rate grows as the batch does.
    """
    if config.batch_size <= pictures:
        return config
    batch_size = max(1, pictures // 10)
    rate = config.learning_rate * (1 if keep_rate else batch_size / config.batch_size)
    return replace(config, batch_size=batch_size, learning_rate=rate)


def _network(config: RunConfig, sets: DataSets) -> Sequential:
    """The recipe's network, with its first weights, for these pictures.

    Raises:
        CommandError: there is nothing to learn, or the batches or the recipe are too large for the pictures.
    """
    x, _ = sets.training
    if config.batch_size > len(x):
        raise CommandError(f"--batch-size {config.batch_size} is more than the {len(x)} {sets.what} to learn from")
    shape = sets.preparation.picture_shape
    first = [] if sets.preparation.kind == "digit" else [rescaling_of(x)]
    try:
        return RECIPES[config.recipe].build(np.random.default_rng(config.seed), shape, len(sets.names), first)
    except ValueError as error:
        raise CommandError(f"recipe {config.recipe} cannot learn from {sets.preparation}: {error}") from None


def _configuration(given: dict[str, Any], out: Path | None, resume: Path | None) -> RunConfig:
    """What to train, from the options or the folder of the run to resume."""
    if resume is None:
        config = _configure(given)
    elif out is not None and out.absolute() != resume.absolute():
        raise CommandError("a resumed run goes on in its own folder: leave --out away")
    else:
        config = read_config(resume, given)
    config.check()
    return config


def _configure(given: dict[str, Any]) -> RunConfig:
    recipe = given.get("recipe", "mlp")
    chosen = recipe_named(recipe)
    defaults = {
        "recipe": recipe,
        "data": None,
        "label_column": None,
        "pictures": "auto",
        "epochs": chosen.epochs,
        "batch_size": chosen.batch_size,
        "learning_rate": chosen.learning_rate,
        "seed": 0,
        "threads": "auto",
    }
    return RunConfig(**(defaults | given))


def _fit(config: RunConfig, model: Layer, sets: DataSets, folder: Path, console: Console, ranks: Ranks) -> History:
    """Train by the recipe, from the folder's checkpoint if there is one."""
    recipe = RECIPES[config.recipe].suited(sets)
    x, y = recipe.training_set(*sets.training, config.seed)
    steps = len(Batches(x, y, config.batch_size, drop_last=recipe.drop_last))
    with TrainingProgress(console) as progress:
        return fit(
            model,
            x,
            y,
            epochs=config.epochs,
            batch_size=config.batch_size,
            drop_last=recipe.drop_last,
            optimizer=recipe.optimizer(config.learning_rate),
            loss=recipe.loss,
            schedule=recipe.schedule(config.learning_rate, config.epochs, steps),
            validation=sets.validation,
            augment=recipe.augmentation,
            callbacks=[progress] if ranks.first else [],
            seed=config.seed,
            threads=config.threads,
            checkpoint=folder / CHECKPOINT,
            resume=(folder / CHECKPOINT).exists(),
            communicator=ranks.communicator,
        )
