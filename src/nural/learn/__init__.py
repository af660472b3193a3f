"""Build it yourself, and be told what is wrong: a judge of functions that someone else wrote.

import nural

def fc_backward(dy, W, x): ...

nural.learn.check(fc_backward)  # right, or the name of the mistake
"""

from nural.lazy import lazy

_NAMES = {
    "checking": ("check", "check_file"),
    "functions": ("FUNCTIONS",),
    "language": ("speak",),
    "running": ("NotLoaded",),
    "verdict": ("Verdict", "Verdicts"),
}

__all__ = [name for names in _NAMES.values() for name in names]  # pyright: ignore
__getattr__, __dir__ = lazy(__name__, _NAMES)
