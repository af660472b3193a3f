"""The table that the tests run, and the pairs that it must cover.

The table itself is `nural.cases`, since `nural check` and `nural parity` print it for users too.
"""

import importlib
import pkgutil

import nural
from nural.cases import CASES

__all__ = ["CASES", "public_pairs"]

#: They have no pairs of their own, and some need packages that may be missing.
EDGES = {"cases", "cli", "estimator", "export", "interop", "learn", "reference", "web"}


def public_pairs() -> set[str]:
    """The qualified name of every public ``*_forward``, ``*_backward`` and ``*_loss``, without those of the edges."""
    found = set()
    for module in pkgutil.walk_packages(nural.__path__, "nural."):
        if module.name.split(".")[1] not in EDGES:
            for name, value in vars(importlib.import_module(module.name)).items():
                public = not name.startswith(("_", "require_"))
                if public and name.endswith(("_forward", "_backward", "_loss")) and callable(value):
                    found.add(f"{value.__module__}.{value.__qualname__}")
    return found
