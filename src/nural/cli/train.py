"""`nural train`."""

import json
import math
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from nural.activations import softmax_forward
from nural.atomic_file import write_atomically
from nural.cli.digits import LabelColumn, load_digits
from nural.cli.errors import CommandError, report_errors
from nural.cli.launcher import world
from nural.cli.model import MODEL_FILE, remember_run
from nural.cli.progress import TrainingProgress
from nural.cli.run import (
    CHECKPOINT,
    PICTURES,
    RunConfig,
    new_folder,
    read_config,
    recipe_named,
    say,
    shown,
    threads_given,
    write_history,
)
from nural.data import Batches
from nural.evaluation.inference import outputs, scores
from nural.evaluation.metrics import confusion_matrix
from nural.layer import Layer
from nural.model_file import save
from nural.models.recipes import RECIPES, added_pictures
from nural.parallel.ranks import Ranks, RanksError
from nural.parallel.threads import choose_threads
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
            help="Digits to learn from: mnist.pkl.gz, mnist.npz, a CSV file, a folder of IDX files or of images. "
            "[default: the MNIST inside]",
        ),
    ] = None,
    label_column: LabelColumn = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the training set. [default: the recipe's]"),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Digits a step. [default: the recipe's]"),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Largest learning rate. [default: the recipe's]"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="The same seed and number of threads give the same model. [default: 0]"),
    ] = None,
    threads: Annotated[
        str | None,
        typer.Option(metavar="auto|N", help="Threads in all: auto takes as many as help. [default: auto]"),
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
    """Train a network on handwritten digits; leave the model, its history and pictures in a folder.

    Examples:

        nural train

        nural train --recipe walkthrough --seed 1 --out runs/first

        nural train --data ~/Downloads/mnist.pkl.gz --epochs 3

        nural train --resume runs/first
    """
    begun = time.perf_counter()
    options = {
        "recipe": recipe,
        "data": None if data is None else str(data.absolute()),
        "label_column": label_column,
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
        folder, digits, result = _train(ranks, console, given, out, resume)
    except (RanksError, DivergedError, KeyboardInterrupt):  # on all ranks alike: the first one tells
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
        f"test accuracy {100 * result['test_accuracy']:.2f}% on {digits:,} digits never seen before, "
        f"after {seconds:.1f} s in all",
        style="bold",
    )
    names = ", ".join(sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")))
    say(console, f"{shown(folder)}: {names}")


def _train(
    ranks: Ranks, console: Console, given: dict[str, Any], out: Path | None, resume: Path | None
) -> tuple[Path, int, dict[str, Any]]:
    """Train as the options say: the folder, the number of test digits, and what rank 0 found on them."""
    configured: dict[str, Any] = {}
    with ranks.agreeing():
        if ranks.first:
            configured = asdict(_configuration(given, out, resume))
    config = RunConfig(**ranks.from_first(configured))
    with ranks.agreeing():
        sets = load_digits(given.get("data", config.data), config.label_column, to_learn=True)
        learn = len(sets[0][0])
        if config.batch_size > learn:
            raise CommandError(f"--batch-size {config.batch_size} is more than the {learn} digits to learn from")
    folder = resume
    with ranks.agreeing():
        if folder is None and ranks.first:
            folder = new_folder(out, config)
    folder = Path(ranks.from_first(str(folder)))
    try:
        model = RECIPES[config.recipe].build(np.random.default_rng(config.seed))
        _announce(console, "training" if resume is None else "resuming", config, model, sets, folder, ranks)
        history = _fit(config, model, sets, folder, console, ranks)
        result = _finish(config, model, history, sets[2], folder) if ranks.first else {}
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"; go on with: nural train --resume {shown(folder)}") from None
    return folder, len(sets[2][0]), result


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


def _announce(
    console: Console, verb: str, config: RunConfig, model: Layer, sets: Any, folder: Path, ranks: Ranks
) -> None:
    """What is about to happen."""
    recipe = RECIPES[config.recipe]
    rows = max(1, config.batch_size // ranks.size)
    threads = str(choose_threads(config.threads, model, sets[0][0], rows, ranks.cores()))
    if config.threads == "auto":
        threads += " (auto)"
    if ranks.size > 1:
        threads += f", on each of {ranks.size} ranks"
    learn, validate, test = (len(x) for x, _ in sets)
    say(console, f"{verb} {config.recipe}: {recipe.network}", style="bold")
    say(
        console,
        f"{recipe.training}; {config.epochs} epochs, batch {config.batch_size}, "
        f"learning rate {config.learning_rate:g}, seed {config.seed}",
    )
    say(console, f"threads: {threads}")
    say(console, f"{learn:,} digits to learn from, {validate:,} to validate, {test:,} to test")
    if recipe.variants or recipe.outliers:
        variants, outliers = added_pictures(learn, outliers=recipe.outliers, variants=recipe.variants)
        say(console, f"{variants:,} variants of digits and {outliers:,} outliers to learn from are made first")
    say(console, f"results go to {shown(folder)}")


def _configure(given: dict[str, Any]) -> RunConfig:
    recipe = given.get("recipe", "mlp")
    chosen = recipe_named(recipe)
    defaults = {
        "recipe": recipe,
        "data": None,
        "label_column": None,
        "epochs": chosen.epochs,
        "batch_size": chosen.batch_size,
        "learning_rate": chosen.learning_rate,
        "seed": 0,
        "threads": "auto",
    }
    return RunConfig(**(defaults | given))


def _fit(config: RunConfig, model: Layer, sets: Any, folder: Path, console: Console, ranks: Ranks) -> History:
    """Train by the recipe, from the folder's checkpoint if there is one."""
    recipe = RECIPES[config.recipe]
    (x, y), validation, _ = sets
    x, y = recipe.training_set(x, y, config.seed)
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
            validation=validation,
            augment=recipe.augmentation,
            callbacks=[progress] if ranks.first else [],
            seed=config.seed,
            threads=config.threads,
            checkpoint=folder / CHECKPOINT,
            resume=(folder / CHECKPOINT).exists(),
            communicator=ranks.communicator,
        )


def _finish(config: RunConfig, model: Layer, history: History, test: Any, folder: Path) -> dict[str, Any]:
    """Judge the model on the test set, and write model, history and pictures."""
    from nural import plots

    x, y = test
    model.info = {"recipe": config.recipe, "seed": config.seed, "input": "784 pixels, row by row, 0 ground, 1 ink"}
    save(model, folder / MODEL_FILE)
    write_history(folder, history)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # the loss says it
        logits = outputs(model, x)
        score = scores(logits, y)
    if not math.isfinite(score["loss"]):
        raise DivergedError(f"the loss on the test set became {score['loss']}: try a smaller learning rate")
    probabilities = softmax_forward(logits)
    answer = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answer != y)
    right = f"{100 * score['accuracy']:.2f}% of {len(y):,} test digits"
    pictures = (
        plots.learning_curve(history, f"Recipe {config.recipe}, seed {config.seed}"),
        plots.confusion(confusion_matrix(answer, y, 10), f"Recipe {config.recipe}: {right}"),
        plots.mistakes(
            x[wrong],
            y[wrong],
            answer[wrong],
            probabilities[wrong].max(axis=1),
            f"{len(wrong):,} of {len(y):,} test digits misread",
        ),
    )
    for name, content in zip(PICTURES, pictures, strict=True):
        write_atomically(folder / name, content)
    return {
        "recipe": config.recipe,
        "seed": config.seed,
        "test_accuracy": score["accuracy"],
        "test_loss": score["loss"],
        "validation_accuracy": history.epochs[-1]["val_accuracy"],
    }
