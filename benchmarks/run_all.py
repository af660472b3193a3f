"""Run every benchmark and write benchmarks/RESULTS.md: the goals beside what was measured, machine, versions, commands.

    pip install -e '.[app,benchmarks]'
    python benchmarks/run_all.py [--rounds N] [SCRIPT ...]

Leave the machine alone meanwhile.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from interleaved import goals_table
from threadpoolctl import threadpool_info

HERE = Path(__file__).parent
SCRIPTS = ["mlp", "mlp_sizes", "adam", "cnn", "inference", "startup"]
PRINTED = ["memory"]  # what these print goes into the report as it is
PEERS = ["torch", "jax", "scikit-learn", "onnxruntime", "onnx"]


def machine() -> str:
    """Processor, cores that this process may use, system."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{names[0] if names else platform.machine()}, {cores} cores, {platform.system()} {platform.release()}"


def versions() -> str:
    """Python, NumPy with its BLAS, and the peers."""
    np.dot(np.ones(2), np.ones(2))
    blas = [info for info in threadpool_info() if info["user_api"] == "blas"]
    found = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    found += [f"{info['internal_api']} {info['version']} ({info.get('architecture', '')})" for info in blas]
    for name in ["nural", *PEERS]:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def run(script: str, rounds: int) -> list[dict[str, Any]]:
    """What the script found: for each workload its times, goals and seconds."""
    print(f"== {script}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "found.json")
        command = [sys.executable, str(HERE / f"{script}.py"), "--rounds", str(rounds), "--json", str(file)]
        subprocess.run(command, check=True)
        return json.loads(file.read_text())


def printed(script: str) -> str:
    """What the script prints."""
    print(f"== {script}", flush=True)
    return subprocess.run(
        [sys.executable, str(HERE / f"{script}.py")], check=True, capture_output=True, text=True
    ).stdout


def report(found: dict[str, list[dict[str, Any]]], outputs: dict[str, str], rounds: int) -> str:
    """The results as Markdown."""
    workloads = [workload for each in found.values() for workload in each]
    parts = [
        "# Benchmark results",
        f"Measured on {time.strftime('%Y-%m-%d')} by `python benchmarks/run_all.py --rounds {rounds}`.",
        f"- Machine: {machine()}\n- Versions: {versions()}",
        f"Each contestant runs in a process of its own, in turn; medians of {rounds} rounds, ratios within a round; "
        "float32; compilation and one run to warm up are not timed. Each peer is taken at its fastest number of "
        'threads and memory layout. The verdict is on `threads="auto"`, nural\'s default, but with one thread where '
        "the peer is the products alone, which have one.",
        "## Goals",
        goals_table([row for workload in workloads for row in workload["goals"]]),
        "## Times",
    ]
    for script, each in found.items():
        parts.append(f"### `python benchmarks/{script}.py --rounds {rounds}`")
        parts += [f"{workload['name']}:\n\n{workload['times']}" for workload in each]
    for script, output in outputs.items():
        parts += [f"### `python benchmarks/{script}.py`", f"```\n{output.strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", nargs="*", choices=[[], *SCRIPTS, *PRINTED], metavar="SCRIPT", help="by default all")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the medians of (default 7)")
    arguments = parser.parse_args()
    scripts = arguments.scripts or SCRIPTS + PRINTED
    found = {script: run(script, arguments.rounds) for script in scripts if script in SCRIPTS}
    outputs = {script: printed(script) for script in scripts if script in PRINTED}
    text = report(found, outputs, arguments.rounds)
    if not arguments.scripts:
        (HERE / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
