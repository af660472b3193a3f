"""The data sets that ``--data`` names."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from nural.cli.errors import CommandError, complain
from nural.data import DataSets, Preparation, load_datasets

LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Column of a CSV file that holds the labels: its name in the header, or its number from 1. "
        "[default: found by its name, such as label or class, or as the only one that can be it]",
    ),
]


def load_telling(
    data: str | Path | None,
    preparation: Preparation | None = None,
    labels: Mapping[str, int] | None = None,
    label_column: str | None = None,
    to_learn: bool = False,
) -> DataSets:
    """Load what `load_datasets` loads; if there is only one class, say so on stderr.

    Raises:
        CommandError: there is only one class, and the data are ``to_learn`` from.
    """
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", UserWarning)
        sets = load_datasets(data, preparation, labels, label_column)
    for warning in noted:
        if to_learn:
            raise CommandError(str(warning.message))
        complain(str(warning.message))
    return sets
