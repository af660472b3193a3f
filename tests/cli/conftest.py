"""A command run as a user runs it, on a data set small enough to learn in a second."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def matplotlib_cache(tmp_path_factory):
    """Matplotlib lists the machine's fonts once, not anew in every test's home."""
    return tmp_path_factory.mktemp("matplotlib")


@pytest.fixture
def nural(tmp_path, matplotlib_cache):
    """Runs ``nural …`` in a folder of its own and gives what it printed and its exit code."""
    work = tmp_path / "work"
    work.mkdir()
    home = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    settings = {**home, "COLUMNS": "120", "MPLCONFIGDIR": str(matplotlib_cache)}

    def run(*arguments, check=None, start=False, **options):
        command = [str(Path(sys.executable).with_name("nural")), *map(str, arguments)]
        environment = {**os.environ, **settings, **options.pop("env", {})}
        if start:
            return subprocess.Popen(
                command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        result = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=120)
        if check is not None:
            assert result.returncode == check, result.stdout + result.stderr
        return result

    run.folder, run.home = work, home
    return run


@pytest.fixture(scope="session")
def small_npz(tmp_path_factory, mnist):
    """3,000 digits to learn from and 500 to test, as Keras stores them."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    (x, y), _, (x_test, y_test) = mnist
    pixels = [(256 * part).astype(np.uint8).reshape(-1, 28, 28) for part in (x[:3000], x_test[:500])]
    np.savez(path, x_train=pixels[0], y_train=y[:3000], x_test=pixels[1], y_test=y_test[:500])
    return path


@pytest.fixture
def one_sentence():
    """Checks that a command failed as it should, with exit code 2 and one line on stderr, which it returns."""

    def check(result):
        assert result.returncode == 2, result.stdout + result.stderr
        assert result.stderr.startswith("nural: "), result.stderr
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr

    return check
