"""`nural train`."""

import json
import math
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from nural.atomic_file import write_atomically
from nural.cli.errors import CommandError, report_errors
from nural.cli.model import MODEL_FILE, remember_run
from nural.cli.progress import TrainingProgress
from nural.cli.run import (
    CHECKPOINT,
    PICTURES,
    RunConfig,
    new_folder,
    read_config,
    recipe_named,
    shown,
    write_history,
)
from nural.data import Batches, load_mnist_datasets
from nural.history import History
from nural.layer import Layer
from nural.metrics import confusion_matrix
from nural.model_file import save
from nural.models.recipes import RECIPES
from nural.training import DivergedError, evaluate, fit, predict_proba


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
        typer.Option(min=0, help="The same seed gives the same model. [default: 0]"),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads of a matrix product. [default: 1, the fastest for small batches]"),
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
    console = Console(stderr=as_json)
    options = {
        "recipe": recipe,
        "data": None if data is None else str(data.absolute()),
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "threads": threads,
    }
    given = {name: value for name, value in options.items() if value is not None}
    if resume is not None:
        if out is not None and out.absolute() != resume.absolute():
            raise CommandError("a resumed run goes on in its own folder: leave --out away")
        config = read_config(resume, given)
    else:
        config = _configure(given)
    config.check()
    sets = load_mnist_datasets(config.data)
    if config.batch_size > len(sets[0][0]):
        raise CommandError(f"--batch-size {config.batch_size} is more than the {len(sets[0][0])} digits to learn from")
    folder = new_folder(out, config) if resume is None else resume
    try:
        _announce(console, "training" if resume is None else "resuming", config, sets, folder)
        model, history = _fit(config, sets, folder, console)
        result = _finish(config, model, history, sets[2], folder)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"; go on with: nural train --resume {shown(folder)}") from None
    remember_run(folder)
    seconds = time.perf_counter() - begun
    if as_json:
        print(json.dumps({"folder": str(folder), **result, "seconds": round(seconds, 2)}))
        return
    _say(
        console,
        f"test accuracy {100 * result['test_accuracy']:.2f}% on {len(sets[2][0]):,} digits never seen before, "
        f"after {seconds:.1f} s in all",
        style="bold",
    )
    names = ", ".join(sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")))
    _say(console, f"{shown(folder)}: {names}")


def _say(console: Console, line: str, style: str | None = None) -> None:
    """One line: broken between words on a terminal, whole elsewhere."""
    console.print(line, style=style, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def _announce(console: Console, verb: str, config: RunConfig, sets: Any, folder: Path) -> None:
    """What is about to happen."""
    recipe = RECIPES[config.recipe]
    learn, validate, test = (len(x) for x, _ in sets)
    _say(console, f"{verb} {config.recipe}: {recipe.network}", style="bold")
    _say(
        console,
        f"{recipe.training}; {config.epochs} epochs, batch {config.batch_size}, "
        f"learning rate {config.learning_rate:g}, seed {config.seed}, threads {config.threads}",
    )
    _say(console, f"{learn:,} digits to learn from, {validate:,} to validate, {test:,} to test")
    _say(console, f"results go to {shown(folder)}")


def _configure(given: dict[str, Any]) -> RunConfig:
    recipe = given.get("recipe", "mlp")
    chosen = recipe_named(recipe)
    defaults = {
        "recipe": recipe,
        "data": None,
        "epochs": chosen.epochs,
        "batch_size": chosen.batch_size,
        "learning_rate": chosen.learning_rate,
        "seed": 0,
        "threads": 1,
    }
    return RunConfig(**(defaults | given))


def _fit(config: RunConfig, sets: Any, folder: Path, console: Console) -> tuple[Layer, History]:
    """Train by the recipe, from the folder's checkpoint if there is one."""
    recipe = RECIPES[config.recipe]
    (x, y), validation, _ = sets
    steps = config.epochs * len(Batches(x, y, config.batch_size, drop_last=recipe.drop_last))
    model = recipe.build(np.random.default_rng(config.seed))
    with TrainingProgress(console) as progress:
        history = fit(
            model,
            x,
            y,
            epochs=config.epochs,
            batch_size=config.batch_size,
            drop_last=recipe.drop_last,
            optimizer=recipe.optimizer(config.learning_rate),
            loss=recipe.loss,
            schedule=recipe.schedule(config.learning_rate, steps),
            validation=validation,
            callbacks=[progress],
            seed=config.seed,
            threads=config.threads,
            checkpoint=folder / CHECKPOINT,
            resume=(folder / CHECKPOINT).exists(),
        )
    return model, history


def _finish(config: RunConfig, model: Layer, history: History, test: Any, folder: Path) -> dict[str, Any]:
    """Judge the model on the test set, and write model, history and pictures."""
    from nural import plots

    x, y = test
    model.info = {"recipe": config.recipe, "seed": config.seed, "input": "784 pixels, row by row, 0 ground, 1 ink"}
    save(model, folder / MODEL_FILE)
    write_history(folder, history)
    scores = evaluate(model, x, y)
    if not math.isfinite(scores["loss"]):
        raise DivergedError(f"the loss on the test set became {scores['loss']}: try a smaller learning rate")
    probabilities = predict_proba(model, x)
    answer = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answer != y)
    score = f"{100 * scores['accuracy']:.2f}% of {len(y):,} test digits"
    pictures = (
        plots.learning_curve(history, f"Recipe {config.recipe}, seed {config.seed}"),
        plots.confusion(confusion_matrix(answer, y, 10), f"Recipe {config.recipe}: {score}"),
        plots.mistakes(
            x[wrong],
            y[wrong],
            answer[wrong],
            probabilities[wrong].max(axis=1),
            f"{len(wrong):,} of {len(y):,} test digits misread; the {min(60, len(wrong))} most confident",
        ),
    )
    for name, content in zip(PICTURES, pictures, strict=True):
        write_atomically(folder / name, content)
    return {
        "recipe": config.recipe,
        "seed": config.seed,
        "test_accuracy": scores["accuracy"],
        "test_loss": scores["loss"],
        "validation_accuracy": history.epochs[-1]["val_accuracy"],
    }
