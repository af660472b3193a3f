"""Whole processes: `import nural` beside `import numpy`, and `nural predict one.png` beside `import torch`.

python benchmarks/startup.py [--rounds N]
"""

import atexit
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from interleaved import Contestant, ExtraTimeGoal, TimeGoal, Workload, main
from networks import mlp, mnist

import nural


def process(*command: str) -> Callable[[], object]:
    return partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)


def python(program: str) -> Callable[[], object]:
    return process(sys.executable, "-c", program)


def import_torch() -> Callable[[], object]:
    import torch  # noqa: F401  (left out where it is not installed)

    return python("import torch")


def predict_one() -> Callable[[], object]:
    """The command with a model file and a picture of one digit, 784 bytes of pixels."""
    from PIL import Image

    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    model, picture = Path(folder.name, "model.safetensors"), Path(folder.name, "one.png")
    nural.save(mlp(784, 256, 256, 10), model)
    Image.fromarray((mnist(1)[0].reshape(28, 28) * 255).astype("uint8")).save(picture)
    nural_command = Path(sys.executable).with_name("nural")
    return process(str(nural_command), "predict", "--model", str(model), str(picture))


WORKLOADS = [
    Workload(
        "import nural, whole process",
        "ms",
        [
            Contestant("nural", "", partial(python, "import nural")),
            Contestant("nural", "and what a training needs", partial(python, "import nural; nural.fit, nural.Linear")),
            Contestant("import numpy", "", partial(python, "import numpy")),
        ],
        [ExtraTimeGoal("import numpy", 0.030, judged="")],
    ),
    Workload(
        "nural predict one.png, whole process",
        "ms",
        [Contestant("nural", "", predict_one), Contestant("import torch", "", import_torch)],
        [TimeGoal("import torch", 0.25, judged="")],
    ),
]

if __name__ == "__main__":
    main(WORKLOADS, __doc__)
