"""A check of the strengths of augmentations."""


def require_range(name: str, value: float, least: float, most: float) -> None:
    """Raise ValueError, on behalf of ``name``, unless ``value`` lies from ``least`` to ``most``."""
    if not least <= value <= most:  # NaN is not
        raise ValueError(f"{name} must be from {least:g} to {most:g}, got {value!r}")
