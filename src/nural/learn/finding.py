"""Which functions there are: in a file, a notebook, a module, or given themselves."""

import ast
import difflib
import importlib
import importlib.util
import inspect
import json
import linecache
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from nural.learn.functions import CLASSES, FUNCTIONS, OF_TRACKS
from nural.learn.functions.classes import NAMES
from nural.learn.running import Found, NotLoaded

#: Folders of files that were loaded in this process.
_folders: set[str] = set()


def found_in(target: Any, like: str | None = None) -> list[Found]:
    """The functions of a module, or the one function or class.

    Raises:
        NotLoaded: There is none that the checker knows.
    """
    if isinstance(target, ModuleType):
        return _in_module(target, like)
    name = getattr(target, "__name__", type(target).__name__)
    if not callable(target):
        raise NotLoaded(f"check takes a function, a class or a module, got {type(target).__name__}")
    if like in OF_TRACKS:
        return [(name, like, target)]
    methods = [kind for kind in OF_TRACKS if like and kind.startswith(f"{like}.")]
    if methods:
        return [(f"{name}.{kind.rpartition('.')[2]}", kind, target) for kind in methods]
    return [(name, _kind(like or name, target, name), target)]


def found_in_file(path: str | Path, like: str | None = None) -> list[Found]:
    """The functions of a file, which is run.

    Raises:
        NotLoaded: It cannot be run, or has no function that the checker knows.
    """
    return _in_module(loaded(Path(path)), like)


def found_for(path: Path, wanted: dict[str, str]) -> list[Found]:
    """Functions of a file by their titles, "forward" or "TwoLayerNet.predict", whose kinds are given; those it has.

    Raises:
        NotLoaded: The file cannot be run.
    """
    names = vars(loaded(path))
    return [(title, kind, names[name]) for title, kind in wanted.items() if (name := title.split(".")[0]) in names]


def class_of(target: str) -> Any:
    """The class of "layers.py:MyTanh", or of "package.module:MyTanh".

    Raises:
        NotLoaded: There is none.
    """
    place, _, name = target.rpartition(":")
    if not place:
        raise NotLoaded(f"name a class as MODULE:CLASS, such as layers.py:MyTanh; got {target}")
    if place.endswith((".py", ".ipynb")):
        module = loaded(Path(place))
    else:
        sys.path.insert(0, str(Path.cwd()))
        try:
            module = importlib.import_module(place)
        except ImportError as error:
            raise NotLoaded(f"{place} cannot be imported: {error}") from None
    cls = getattr(module, name, None)
    if not inspect.isclass(cls):
        own = [name for name, c in vars(module).items() if inspect.isclass(c) and _is_own(c, module)]
        raise NotLoaded(f"{place} has no class {name}; it has {', '.join(own) or 'none'}")
    return cls


def _in_module(module: ModuleType, like: str | None) -> list[Found]:
    own = {name: f for name, f in vars(module).items() if _is_own(f, module)}
    mine, _, meant = (like or "").rpartition("=")
    if like:
        unknown = [name for name, f in own.items() if not _known(name, f)]
        mine = mine or (unknown[0] if len(unknown) == 1 else meant)
        if mine not in own:
            names = ", ".join(own) or "none"
            raise NotLoaded(f"say which function is meant, as --like NAME={meant}: the functions here are {names}")
        return [(mine, _kind(meant, own[mine], mine), own[mine])]
    found = [(name, kind, f) for name, f in own.items() if (kind := _known(name, f))]
    if not found:
        names = f": here are {', '.join(own)}" if own else ""
        raise NotLoaded(f"no function has a name that the checker knows{names}; say what one is with like, or --like")
    return found


def _is_own(f: Any, module: ModuleType) -> bool:
    if inspect.isfunction(f) or inspect.isclass(f):
        return f.__module__ == module.__name__
    of_numpy = (getattr(f, "__module__", None) or "").split(".")[0] == "numpy"  # einsum and ufuncs are objects
    return callable(f) and not inspect.isbuiltin(f) and not of_numpy


def _known(name: str, f: Any) -> str | None:
    """The checker's name of what a learner calls so."""
    plain = name.lower()
    if not inspect.isclass(f):
        return next((known for known in FUNCTIONS if known.lower() == plain), None)
    works = any(hasattr(f, method) for method in ("backward", "update", "step"))
    return NAMES.get(plain.replace("_", "")) if works else None


def _kind(name: str, f: Any, title: str) -> str:
    known = _known(name, f)
    if known is None:
        what, names = ("class", CLASSES) if inspect.isclass(f) else ("function", FUNCTIONS)
        close = difflib.get_close_matches(name, names, 3)
        near = f"; near it are {', '.join(close)}" if close else ""
        raise NotLoaded(f"{title}: the checker knows no {what} {name}{near}. Say what it is with like=…")
    return known


def loaded(path: Path) -> ModuleType:
    """A file as a module; files beside it may be imported. Of a notebook the imports and definitions alone are run.

    Raises:
        NotLoaded: One sentence with the line.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NotLoaded(f"{path} is not text in UTF-8") from None
    except OSError as error:
        raise NotLoaded(f"{path}: {error.strerror}") from None
    if path.suffix == ".ipynb":
        source = _definitions(source, path)
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    _forget_modules_of(folder)
    package = _package(path.resolve())
    name = f"{package}.{path.stem}" if package else f"learner_{path.stem}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert spec
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    module.__package__ = package
    sys.modules[name] = module
    linecache.cache[str(path)] = len(source), None, source.splitlines(keepends=True), str(path)
    try:
        exec(compile(source, str(path), "exec"), vars(module))
    except SyntaxError as error:
        name = Path(error.filename or path).name  # it may be in a file that this one imports
        raise NotLoaded(f"{name}, line {error.lineno}, `{(error.text or '').strip()}`: {error.msg}") from None
    except BaseException as error:
        from nural.learn.calling import sentence_of

        raise NotLoaded(f"{path.name} cannot be imported: {sentence_of(error)}") from None
    return module


def _forget_modules_of(folder: str) -> None:
    """Files beside it may have been saved since they were imported, or others of their names in another folder."""
    for place in {folder, *_folders}:
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and name != "__main__" and str(Path(file).parent) == place:
                del sys.modules[name]
    _folders.add(folder)


def _package(path: Path) -> str:
    """The package of a file with relative imports in it: its folder, if that is one."""
    if not (path.parent / "__init__.py").exists():
        return ""
    parent = str(path.parent.parent)
    if parent not in sys.path:
        sys.path.insert(0, parent)
    return path.parent.name


def _definitions(notebook: str, path: Path) -> str:
    """The imports, functions, classes and assignments of a notebook's cells; what trains or shows is left out."""
    try:
        cells = json.loads(notebook)["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        raise NotLoaded(f"{path} is no notebook") from None
    kept = []
    for text in texts:
        text = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines())
        try:
            body = ast.parse(text).body
        except SyntaxError as error:
            raise NotLoaded(
                f"{path.name}: line {error.lineno} of a cell, `{(error.text or '').strip()}`: {error.msg}"
            ) from None
        wanted = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        kept += [ast.unparse(node) for node in body if isinstance(node, wanted) or _is_simple(node)]
    return "\n\n".join(kept) + "\n"


def _is_simple(node: ast.stmt) -> bool:
    """Whether a statement gives a name a number, a text, or a function."""
    return isinstance(node, ast.Assign) and isinstance(
        node.value, ast.Constant | ast.Lambda | ast.UnaryOp | ast.Attribute
    )
