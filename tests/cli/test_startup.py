"""What a command loads before it does its work."""

import subprocess
import sys

import numpy as np
from PIL import Image

import nural

SCRIPT = """
import atexit, sys
import nural_command
heavy = {"matplotlib", "rich", "nural.training.loop", "nural.plots", "nural.data.embedded_mnist"}
atexit.register(lambda: print("loaded:", *heavy & {*sys.modules}))
nural_command.main()
"""


def test_predict_loads_neither_pictures_nor_tables_nor_training_nor_mnist(tmp_path):
    model, picture = tmp_path / "model.safetensors", tmp_path / "one.png"
    nural.save(nural.Sequential(nural.Linear(784, 10)), model)
    Image.fromarray(np.pad(np.full((20, 4), 255, np.uint8), 8)).save(picture)
    command = [sys.executable, "-c", SCRIPT, "predict", "--model", str(model), str(picture)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    answer, loaded = result.stdout.splitlines()
    assert answer.startswith(f"{picture}: ")
    assert loaded == "loaded:"
