"""The recipes as anyone runs them: test accuracy and time, all included, over several seeds.

python benchmarks/recipes.py [--seeds N] [--out FOLDER] [RECIPE ...]

Each is a process of `nural train`; a run whose folder is in FOLDER already is not run again.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from nural.models.recipes import RECIPES


def run(recipe: str, seed: int, out: Path) -> dict[str, Any]:
    """What `nural train --json` said."""
    said = out / f"{recipe}-{seed}.json"
    if not said.exists():
        command = [sys.executable, "-m", "nural", "train", "--recipe", recipe, "--seed", str(seed), "--json"]
        answer = subprocess.run([*command, "--out", str(out / f"{recipe}-{seed}")], check=True, stdout=subprocess.PIPE)
        said.write_bytes(answer.stdout)
    return json.loads(said.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help="by default all")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 on (default 5)")
    parser.add_argument("--out", type=Path, default=Path("runs/recipes"), help="where the runs are kept")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    print("| recipe | test accuracy: median | least | most | seconds: median | most | seeds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for recipe in arguments.recipes or RECIPES:
        results = [run(recipe, seed, arguments.out) for seed in range(arguments.seeds)]
        accuracies = [100 * result["test_accuracy"] for result in results]
        seconds = [result["seconds"] for result in results]
        cells = [f"{value:.2f}%" for value in (median(accuracies), min(accuracies), max(accuracies))]
        cells += [f"{median(seconds):.0f}", f"{max(seconds):.0f}", str(len(results))]
        print(f"| `{recipe}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
