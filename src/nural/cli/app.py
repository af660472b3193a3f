"""The commands, gathered."""

from typing import Annotated

import typer

import nural
from nural.cli.check import check
from nural.cli.data import data
from nural.cli.evaluate import evaluate
from nural.cli.parity import parity
from nural.cli.predict import predict
from nural.cli.recipes import recipes
from nural.cli.train import train

app = typer.Typer(
    name="nural",
    help="Neural networks in NumPy alone: train one on MNIST's handwritten digits, judge it, read digits with it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"nural {nural.__version__}")
        raise typer.Exit


@app.callback()
def _nural(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


for command in (train, recipes, evaluate, predict, data, check, parity):
    app.command()(command)
