"""The house: imports go one way, and `import nural` loads no third-party module but NumPy."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import nural

PACKAGE = Path(nural.__file__).parent

spec = importlib.util.spec_from_file_location("house", Path(__file__).parents[1] / "tools" / "house.py")
assert spec is not None
assert spec.loader is not None
house = importlib.util.module_from_spec(spec)
spec.loader.exec_module(house)


def test_every_module_has_its_place():
    found = {path.stem for path in PACKAGE.glob("*.py")} | {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert found - {"__init__", "__main__"} == set(house.FLOOR)


def test_imports_go_one_way():
    for module, floor in house.FLOOR.items():
        for path in house.modules_of(module):
            above = [name for name in house.imported(path) if house.FLOOR.get(name, floor) > floor]
            assert not above, f"{path.relative_to(PACKAGE)} imports {above}, which stand on floors above it"


def test_the_map_of_the_house_is_what_the_code_is():
    again = "run `python tools/house.py`"
    assert house.PAGE.read_text() == house.page(), again
    assert house.PICTURE.read_text() == house.picture(), again


def test_the_reference_stands_on_numpy_alone():
    allowed = {"math", "numpy", "nural.reference"}
    for path in (PACKAGE / "reference").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name if name in allowed else name.rpartition(".")[0] for name in names} <= allowed, path.name


def test_import_loads_only_numpy_and_the_standard_library():
    script = "import sys, nural; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    bare = [sys.executable, "-c", "import sys, numpy.random; print(*{name.split('.')[0] for name in sys.modules})"]
    numpy_alone = subprocess.run(bare, capture_output=True, text=True, check=True).stdout.split()
    third_party = set(loaded) - set(numpy_alone) - set(sys.stdlib_module_names) - {"nural"}
    assert third_party == set()


@pytest.mark.parametrize("package", [nural, nural.data], ids=lambda package: package.__name__)
def test_the_stub_names_what_the_package_loads_and_from_where(package):
    stub = ast.parse(Path(package.__file__).with_suffix(".pyi").read_text())
    froms = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    imports = {alias.name: node.module for node in froms for alias in node.names}
    loaded = vars(package)["_NAMES"]
    homes = {name: f"{package.__name__}.{module}" for module, names in loaded.items() for name in names}
    assert imports == homes | dict.fromkeys(loaded, package.__name__)
    (listed,) = (node.value for node in stub.body if isinstance(node, ast.Assign))
    assert sorted(ast.literal_eval(listed)) == sorted(package.__all__)


def test_every_public_name_is_there_when_it_is_asked_for():
    script = (
        "import sys, nural; assert 'numpy' not in sys.modules; assert {*dir(nural)} >= {*nural.__all__}; "
        "from nural import *; print(*[name for name in nural.__all__ if name not in globals()])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"
    assert nural.layers.fc_forward is sys.modules["nural.layers.linear"].fc_forward
    with pytest.raises(AttributeError, match="module 'nural' has no attribute 'Lineal'"):
        getattr(nural, "Lineal")  # noqa: B009
