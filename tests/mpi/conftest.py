"""Programs under a real mpiexec, with as many ranks as a test asks for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


class Launcher:
    """``mpiexec``: the one beside this Python, or else the one on the path."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.prefix = []
        version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
        self.is_open_mpi = "Open MPI" in version or "OpenRTE" in version
        self.options = ["--oversubscribe"] if self.is_open_mpi else []
        self.environment = {
            **os.environ,
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "120",
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
        }

    def command(self, *programs, options=()):
        """``mpiexec -n N program … : -n M other …`` for pairs ``(ranks, [program, …])``."""
        parts = [["-n", str(ranks), *map(str, program)] for ranks, program in programs]
        words = [*self.prefix, self.program, *self.options, *options, *parts[0]]
        for part in parts[1:]:
            words += [":", *part]
        return words

    def start(self, *programs, options=(), **environment):
        """Start them; their output is captured."""
        return subprocess.Popen(
            self.command(*programs, options=options),
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says_killed(self, rank):
        """What it says of a rank that was ended by SIGKILL. Hydra has no word for which it was."""
        return rf"process rank {rank} .*\n?.*signal 9 \(Killed\)" if self.is_open_mpi else r"Killed \(signal 9\)"

    def __call__(self, *programs, check=0, seconds=120, options=(), **environment):
        """Run them to their end; with ``check`` not None, that must be the exit code."""
        process = self.start(*programs, options=options, **environment)
        try:
            out, err = process.communicate(timeout=seconds)
        finally:
            process.kill()
        if check is not None:
            assert process.returncode == check, out + err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def mpiexec(tmp_path):
    beside = Path(sys.executable).with_name("mpiexec")
    program = str(beside) if beside.exists() else shutil.which("mpiexec")
    if program is None:
        pytest.skip("there is no mpiexec: pip install mpich")
    pytest.importorskip("mpi4py")
    return Launcher(program, tmp_path)
