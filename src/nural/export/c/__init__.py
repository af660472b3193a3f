"""One C99 file and its header: static weights, no allocation, no library, not even C's own."""

from nural.export.c.target import TARGET

__all__ = ["TARGET"]
