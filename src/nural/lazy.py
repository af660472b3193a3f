"""Names of a package whose modules are loaded only when they are used."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazy(package: str, names: Mapping[str, Sequence[str]]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package (PEP 562).

    Python calls the first for a name that the package does not have yet. It loads the module, and the package keeps the
    object. ``__init__.pyi`` lists the same names as imports, for tools that read code without running it.

    Args:
        package: Its ``__name__``.
        names: The names in the package, by the module that each comes from; the modules are names too.
    """
    module_of = {name: module for module, found_there in names.items() for name in found_there}

    def get(name: str) -> Any:
        if name in names:
            return import_module(f"{package}.{name}")
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names_there() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of, *names})

    return get, names_there
