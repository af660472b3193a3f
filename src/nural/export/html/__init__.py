"""One HTML page that draws, prepares and recognises digits, with the network inside; it asks for nothing else."""

from nural.export.html.target import TARGET

__all__ = ["TARGET"]
