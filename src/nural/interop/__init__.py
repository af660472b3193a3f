"""Models of other frameworks: each module here converts to and from one of them."""


class ConversionError(ValueError):
    """A model or a file that cannot be converted; one sentence names the part and says why."""
