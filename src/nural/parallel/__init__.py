"""Work shared by threads and processes."""

from nural.parallel.ranks import Ranks, RanksError
from nural.parallel.threads import Threads

__all__ = ["Ranks", "RanksError", "Threads"]
