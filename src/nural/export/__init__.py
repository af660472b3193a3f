"""Models written for other programs: each target is a module here, named in `nural.export.target.TARGETS`."""

from nural.export.target import TARGETS, Comparison, ExportError, Options, Target, Written, export_model

__all__ = ["TARGETS", "Comparison", "ExportError", "Options", "Target", "Written", "export_model"]
