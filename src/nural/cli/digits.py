"""The digits that ``--data`` names."""

import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from nural.cli.errors import CommandError, complain
from nural.data import load_mnist_datasets

LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column of a CSV file that holds the labels: its name in the header, or its number from 1. "
        "[default: found by its name, such as label or class, or as the only one that can be it]",
    ),
]


def load_digits(
    data: str | Path | None, label_column: str | None, to_learn: bool = False
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Training, validation and test set; that there is one class only is said on stderr.

    Raises:
        CommandError: one class is not enough, because they are ``to_learn`` from.
    """
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", UserWarning)
        sets = load_mnist_datasets(data, label_column)
    for warning in noted:
        if to_learn:
            raise CommandError(str(warning.message))
        complain(str(warning.message))
    return sets
