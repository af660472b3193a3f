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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Compare the gradient of every forward/backward pair with finite differences, in float64.

    Example:

        nural check
    """
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
