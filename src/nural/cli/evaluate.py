"""`nural evaluate`."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from nural.atomic_file import write_atomically
from nural.cli.datasets import LabelColumn, load_telling
from nural.cli.errors import CommandError, report_errors
from nural.cli.evaluation import Evaluation, disturbances, judge, passes, some
from nural.cli.evaluation_pictures import NEEDS, PICTURES, pictures
from nural.cli.force import ForceOption
from nural.cli.model import MODEL_HELP, load_picture_model, model_path
from nural.cli.names import printable
from nural.cli.run import CONFIG, make_folder, say, shown
from nural.data.data_error import listed
from nural.data.datasets import is_picture_folder
from nural.evaluation.calibration import answer_threshold
from nural.models.pretrained import PRETRAINED
from nural.overwriting import PICTURE, require_replaceable

FOLDER = "evaluation"


@report_errors
def evaluate(
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
    data: Annotated[
        Path | None,
        typer.Option(readable=False, help="What to judge it on, as for `nural train`. [default: the MNIST inside]"),
    ] = None,
    label_column: LabelColumn = None,
    out: Annotated[
        Path | None,
        typer.Option(
            readable=False, help=f"Folder for the pictures. [default: {FOLDER}, in the run's folder if it is a run's]"
        ),
    ] = None,
    force: ForceOption = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all numbers as one JSON object; progress goes to stderr.")
    ] = False,
) -> None:
    """Judge a model on a test set, in numbers and in pictures.

    Numbers: loss, accuracy over all pictures and for each class, calibration error, and coverage against error: how
    many pictures are answered, and how many of these wrongly, when answers below a threshold become `?`.

    Pictures: the mistakes, the confusion matrix, the reliability diagram, coverage against error, the filters of the
    first layer, the saliency of a digit of each class, and the accuracy under noise, rotation and shift.

    Pictures of --data are prepared as `nural train` prepared those it learned from. If --data is a single set, its last
    seventh is the test set. The last two charts are drawn only for grey pictures of 28×28 pixels.

    Examples:

        nural evaluate

        nural evaluate --model runs/first --out slides

        nural evaluate --model last --data /usr/share/datasets/fashion-mnist --json
    """
    path = model_path(model)
    judged = load_picture_model(path)
    threshold = answer_threshold(judged.network)
    if data is None and not judged.digits:
        others = f"{listed(judged.names)} in pictures of {judged.prepare}"
        raise CommandError(
            f"{path}: the MNIST inside has digits, this model tells apart {others}: name a test set with --data"
        )
    preparation = judged.prepare if data is not None and is_picture_folder(data) else judged.preparation
    x, y = load_telling(data, preparation, judged.labels, label_column).test
    folder = out or (path.parent / FOLDER if _of_a_run(path) else Path(FOLDER))
    make_folder(folder)
    for name in PICTURES:
        require_replaceable(folder / name, PICTURE, force=force)
    console = Console(stderr=as_json)
    reading = f"reading {len(y):,} {judged.pictures}"
    if disturbances(judged):
        reading += f", then {len(some(y)):,} of them under noise, rotation and shift"
    say(console, reading)
    with _progress(console) as progress:
        task = progress.add_task("", total=passes(judged))
        found = judge(judged, _name(path), x, y, threshold, lambda: progress.advance(task))
    if as_json:
        print(json.dumps({"model": str(path), "pictures": str(folder), **found.as_json()}))
    else:
        _print_tables(console, found)
    _write_pictures(console, found, folder)


def _of_a_run(path: Path) -> bool:
    return (path.parent / CONFIG).is_file()


def _name(path: Path) -> str:
    """The model's name in the pictures: the run's folder, or the file."""
    if path == PRETRAINED:
        return "nural’s model"
    return printable(path.absolute().parent.name if _of_a_run(path) else path.name)


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.completed} of {task.total}"), BarColumn(bar_width=None), TimeRemainingColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _print_tables(console: Console, found: Evaluation) -> None:
    names = found.model.names
    table = Table(found.model.one, "tested", "right", "accuracy", "most often taken for")
    for place, row in enumerate(found.matrix):
        right, tested = int(row[place]), int(row.sum())
        others = np.where(np.arange(len(row)) == place, 0, row)
        taken = f"{names[others.argmax()]} ({others.max()} times)" if others.any() else ""
        accuracy = f"{100 * right / max(tested, 1):.2f}%"
        table.add_row(escape(names[place]), str(tested), str(right), accuracy, escape(taken))
    console.print(table)
    table = Table("threshold", "answered", "wrong among these", "refused")
    for row in found.coverage:
        own = 0 < row.threshold == found.threshold
        wrong = "" if row.error is None else f"{100 * row.error:.2f}%"
        name = f"{row.threshold:.4g}{', the model’s' if own else ''}"
        table.add_row(name, f"{100 * row.coverage:.2f}%", wrong, f"{row.refused:,}", style="bold" if own else None)
    console.print(table)
    if found.curves:
        console.print(_robustness_table(found))
    score = found.scores
    say(
        console,
        f"{found.name}: accuracy {100 * score['accuracy']:.2f}%, loss {score['loss']:.4f}, "
        f"calibration error {100 * found.calibration_error:.2f}% on {len(found.y):,} {found.model.pictures}",
        style="bold",
    )


def _robustness_table(found: Evaluation) -> Table:
    units = "\n".join(f"{disturbance.name}: {disturbance.unit}" for disturbance, _ in found.curves)
    names = [name for disturbance, _ in found.curves for name in (disturbance.name, "accuracy")]
    table = Table(*names, caption=units, caption_justify="left")
    for points in zip(*(curve for _, curve in found.curves), strict=True):
        table.add_row(*(cell for level, share in points for cell in (f"{level:g}", f"{100 * share:.1f}%")))
    return table


def _write_pictures(console: Console, found: Evaluation, folder: Path) -> None:
    written, empty = [], []
    with _progress(console) as progress:
        task = progress.add_task("", total=len(PICTURES))
        for name, content in pictures(found):
            if content is None:
                empty.append(name)
            else:
                write_atomically(folder / name, content)
                written.append(name)
            progress.advance(task)
    say(console, f"{shown(folder)}: {', '.join(written)}")
    for name in empty:
        say(console, f"no {name}: {NEEDS[name]}")
