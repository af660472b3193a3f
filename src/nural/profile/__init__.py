"""Where the time and the memory of a training step go."""

from nural.profile.step import Profile, Row, profile

__all__ = ["Profile", "Row", "profile"]
