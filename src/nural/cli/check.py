"""`nural check`."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from nural.cases import CASES, gradient_error
from nural.cli.errors import complain, report_errors

ALLOWED = 1e-6


@report_errors
def check(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[MODULE:CLASS]", help="A layer of your own, such as layers.py:MyTanh.", show_default=False
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Compare the gradient of every forward/backward pair, or of a layer of your own, with finite differences.

    Computed in float64. A class that is not a nural.Layer is judged as by `nural learn check`.

    Example:

        nural check
        nural check layers.py:MyTanh
    """
    if target:
        return _check_own(target, as_json)
    table = Table("pair", "largest relative error", "gradient")
    failed = []
    for case in CASES:
        error = gradient_error(case, case.sample())
        right = error < ALLOWED
        if not right:
            failed.append(case.name)
        if as_json:
            print(json.dumps({"pair": case.name, "error": error, "right": right}))
        table.add_row(case.name, f"{error:.1e}", "right" if right else "[bold red]wrong[/bold red]")
    if not as_json:
        console = Console()
        console.print(table)
        console.print(
            f"{len(CASES) - len(failed)} of {len(CASES)} right: relative error below {ALLOWED:g}", highlight=False
        )
    if failed:
        complain(f"the gradient is wrong for {', '.join(failed)}")
        raise typer.Exit(1)
    return None


def _check_own(target: str, as_json: bool) -> None:
    from nural.gradients import GradientError
    from nural.layer import Layer
    from nural.learn.checking import check as judge
    from nural.learn.finding import class_of
    from nural.learn.own_layer import check_layer

    cls = class_of(target)
    if not issubclass(cls, Layer):
        verdict = judge(cls)
        print(json.dumps(verdict.as_json(), ensure_ascii=False)) if as_json else Console(highlight=False).print(verdict)
        raise typer.Exit(0 if verdict else 1)
    try:
        errors = check_layer(cls)
    except GradientError as error:
        complain(f"{cls.__name__}: {error}")
        raise typer.Exit(1) from None
    for name, error in errors.items():
        print(json.dumps({"array": name, "error": error, "right": True}) if as_json else f"d{name}  {error:.1e}  right")
