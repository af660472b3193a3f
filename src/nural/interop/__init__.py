"""Models of other frameworks: each module here converts to and from one of them."""


class ConversionError(ValueError):
    """A model or a file that cannot be converted; one sentence names the part and says why."""


def one_line(error: BaseException) -> str:
    """The message of another package's error, shortened to one line."""
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
