"""Names of files: such as could not work are refused, and each C file has names of its own."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

import nural
from nural.export import ExportError, export_model
from nural.export.names import c_prefix

MODEL = nural.Linear(4, 3, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("numpy.py", "numpy.py: would hide Python's module numpy, which it needs itself: choose another name"),
        ("base64.py", "would hide Python's module base64"),
        ("random.py", "would hide Python's module random"),  # which NumPy imports
        ("3d.py", "3d.py: Python could not import it, for '3d' is no name there: choose a name such as digits"),
        ("my-model.py", "Python could not import it, for 'my-model' is no name there"),
        ("class.py", "Python could not import it, for 'class' is a word of the language"),
        ("torch.safetensors", "torch.py: would hide Python's module torch"),
        ("numpy.safetensors", "numpy.py: would hide Python's module numpy"),
        ("safetensors.safetensors", "safetensors.py: would hide Python's module safetensors"),
        ("3d.safetensors", "3d.py: Python could not import it"),
        ("string.c", r"string.c: its header would hide C's own string.h: choose another name"),
        ('quote"d.c', 'C could not write #include "quote"d.h": choose a name such as digits.c'),
        ("back\\slash.c", "C could not write #include"),
        ("line\nbreak.c", "C could not write #include"),
        ("bytes\udcff.c", "C could not write #include"),
    ],
)
def test_names_that_cannot_work(tmp_path, name, message):
    if name.endswith(".safetensors"):
        pytest.importorskip("torch")
    with pytest.raises(ExportError) as error:
        export_model(MODEL, tmp_path / name)
    assert message in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["数字", "für", "_private", "torch"])
def test_modules_that_work(tmp_path, name):
    export_model(MODEL, tmp_path / f"{name}.py")
    program = f"import numpy as np, importlib as i; print(i.import_module({name!r}).predict(np.ones((1, 4))))"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)


def test_the_prefix_is_the_files_name_in_ascii(tmp_path):
    names = ["digits", "7 digits", "_lead", "数字", "模型", "٣", "int", "per%cent", "at@x@", "x", "logits", "softmax"]
    prefixes = [c_prefix(tmp_path / f"{name}.c", None) for name in names]
    assert prefixes[:4] == ["digits", "model_7_digits", "model__lead", "u6570u5b57"]
    assert len(set(prefixes)) == len(names)


@pytest.mark.export
def test_files_of_any_names_in_one_program(tmp_path):
    names = ["数字", "模型", "int", "if", "x", "logits", "softmax", "at@x@", "my model"]
    compiler = shutil.which("gcc") or "cc"
    for name in names:
        export_model(MODEL, tmp_path / f"{name}.c")
    calls = "".join(f"n += {c_prefix(tmp_path / f'{name}.c', None)}_predict(x, y);" for name in names)
    includes = "".join(f'#include "{name}.h"\n' for name in names)
    main = f"{includes}int main(void) {{ float x[4] = {{0}}, y[3]; int n = 0; {calls} return n > 20; }}\n"
    (tmp_path / "main.c").write_text(main)
    sources = [f"{name}.c" for name in names]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run([compiler, *flags, *sources, "main.c", "-o", "all"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "all"], check=True)
