"""`nural parity`."""

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from nural.atomic_file import write_atomically
from nural.cases import CASES, Case, gradient_error
from nural.cases.against_torch import torch_errors
from nural.cases.optimizers import OPTIMIZERS, SCHEDULES, optimizer_error, schedule_error
from nural.cases.reference import reference_case, reference_optimizer
from nural.cli.errors import CommandError, complain, report_errors
from nural.cli.force import ForceOption
from nural.cli.run import shown
from nural.overwriting import require_replaceable, signature, signed

#: The comparisons, and the relative error that each allows.
ALLOWED = {"pytorch_float64": 1e-10, "pytorch_float32": 1e-5, "finite_differences": 1e-6, "reference_float64": 1e-10}
TITLES = {"pytorch_float64": "PyTorch, float64", "pytorch_float32": "PyTorch, float32"}
TITLES |= {"finite_differences": "finite differences", "reference_float64": "reference, float64"}
SAMPLES = 3
TABLE = "table"  # the kind of the page, by which nural recognises a page that it wrote

PAGE = """\
<!-- {signature} -->

# nural beside PyTorch

Every forward/backward pair, loss, optimizer and schedule of nural. Of pairs and losses it is the largest relative error
of the output and of all gradients:

- against PyTorch, which computes the same from the same numbers, both in float64 and both in float32;
- against central differences of its own forward pass, in float64;
- of its [reference](../src/nural/reference/), the same in a few lines of NumPy, against PyTorch in float64 (– where the
  reference leaves out what the case tries).

Each row is one case of [`src/nural/cases/`](../src/nural/cases/), tried with {samples} random samples whose shapes,
strides and other sizes are drawn too. An error is relative to the largest entry of the array that it is in. The tests
(`tests/test_cases.py`, `tests/test_reference.py`) fail above
{limits}.

Of an optimizer it is the largest error of a parameter after ten steps, of a schedule that of 100 learning rates, which
are float64; neither has a slope to compare.

This file is written by

    nural parity --out docs/parity.md

with {versions}.

{table}

More is compared elsewhere: the layers with their arguments (`tests/layers/`, `tests/interop/`) and PyTorch's own table
of module samples (`tests/parity/test_module_inputs.py`), optimizers and schedules with all their options, step by step
(`tests/test_optimizer_parity.py`, `tests/test_schedules.py`), whole trainings (`tests/parity/test_trainings.py`), and
Keras, whose differences have [a page](pytorch-and-keras.md).
"""


@report_errors
def parity(
    out: Annotated[Path | None, typer.Option(help="Write the table to this Markdown file.")] = None,
    force: ForceOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Compare every forward/backward pair and its reference with PyTorch and finite differences; optimizers too.

    Needs PyTorch: pip install 'nural[parity]'.

    Examples:

        nural parity

        nural parity --out docs/parity.md
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise CommandError("the comparison needs PyTorch: pip install 'nural[parity]'") from None
    if out is not None:
        require_replaceable(out, TABLE, force=force)
    rows = {case.name: errors(case) for case in CASES} | errors_of_steps()
    wrong = [name for name, found in rows.items() if any(error >= ALLOWED[what] for what, error in found.items())]
    if out is not None:
        write_atomically(out, signed(page(rows)))
    if as_json:
        for name, found in rows.items():
            print(json.dumps({"block": name, **found, "right": name not in wrong}))
    else:
        console = Console()
        console.print(_table(rows))
        console.print(f"{len(rows) - len(wrong)} of {len(rows)} right: {_limits()}; {_versions()}", highlight=False)
        if out is not None:
            console.print(f"written: {shown(out)}", highlight=False, soft_wrap=True)
    if wrong:
        complain(f"nural differs by more than rounding from PyTorch or from the slope for {', '.join(wrong)}")
        raise typer.Exit(1)


def errors(case: Case) -> dict[str, float]:
    """The largest error of a case in each comparison."""
    samples = [case.sample(seed) for seed in range(SAMPLES)]
    found = {
        f"pytorch_{np.dtype(dtype).name}": max(max(torch_errors(case, values, dtype).values()) for values in samples)
        for dtype in (np.float64, np.float32)
    }
    found["finite_differences"] = max(gradient_error(case, values) for values in samples)
    if plain := reference_case(case):
        found["reference_float64"] = max(max(torch_errors(plain, v, np.float64).values()) for v in samples)
    return found


def errors_of_steps() -> dict[str, dict[str, float]]:
    """The same of optimizers and schedules, in the comparisons that apply to them."""
    found = {
        f"optimizer {name}": {
            f"pytorch_{np.dtype(dtype).name}": optimizer_error(case, dtype) for dtype in (np.float64, np.float32)
        }
        for name, case in OPTIMIZERS.items()
    }
    for name, case in OPTIMIZERS.items():
        if plain := reference_optimizer(name, case):
            found[f"optimizer {name}"]["reference_float64"] = optimizer_error(plain, np.float64)
    return found | {f"schedule {name}": {"pytorch_float64": schedule_error(case)} for name, case in SCHEDULES.items()}


def page(rows: dict[str, dict[str, float]]) -> str:
    """The table as a page of Markdown."""
    lines = [f"| block | {' | '.join(TITLES.values())} |", f"|---|{'--:|' * len(ALLOWED)}"]
    lines += [
        f"| {name} | {' | '.join(_rounded(found.get(what)) for what in ALLOWED)} |" for name, found in rows.items()
    ]
    return PAGE.format(
        signature=signature(TABLE), samples=SAMPLES, limits=_limits(), versions=_versions(), table="\n".join(lines)
    )


def _table(rows: dict[str, dict[str, float]]) -> Table:
    table = Table("block", *(title.replace(" ", "\n") for title in TITLES.values()))
    for name, found in rows.items():
        table.add_row(name, *(_colored(found.get(what), ALLOWED[what]) for what in ALLOWED))
    return table


def _rounded(error: float | None) -> str:
    if error is None:
        return "–"
    return f"{error:.0e}" if error else "0"


def _colored(error: float | None, allowed: float) -> str:
    if error is None:
        return "–"
    return f"{error:.1e}" if error < allowed else f"[bold red]{error:.1e}[/bold red]"


def _limits() -> str:
    return ", ".join(f"{limit:g} ({TITLES[what]})" for what, limit in ALLOWED.items())


def _versions() -> str:
    packages: dict[str, Any] = {"nural": "nural", "NumPy": "numpy", "PyTorch": "torch"}
    named = [f"{name} {version(package)}" for name, package in packages.items()]
    return f"{', '.join(named)} and Python {platform.python_version()}"
