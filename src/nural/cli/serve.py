"""`nural serve`."""

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from nural.cli.errors import CommandError, report_errors
from nural.cli.model import MODEL_HELP, load_digit_model, model_path

PORT = 8017
#: The name of the thread that waits for the user's browser, perhaps as long as that is open.
BROWSER = "browser"


@report_errors
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the page is; 0 for any that is free.")] = PORT,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    model: Annotated[Path | None, typer.Option(readable=False, help=MODEL_HELP)] = None,
) -> None:
    """Open a page on which you draw a digit, watch a network learn, and look inside, forward and backward.

    The page is on this machine alone, and needs nothing from elsewhere. Ctrl-C ends it.

    Examples:

        nural serve

        nural serve --model runs/first --port 9000

        nural serve --no-browser
    """
    from nural.predictions import scale_of, without_softmax
    from nural.web.server import Server

    def ready(address: str) -> None:
        print(f"the page is at {address}; Ctrl-C ends it", flush=True)
        if not no_browser:
            threading.Thread(target=webbrowser.open, args=[address], name=BROWSER, daemon=True).start()

    given = None if model is None else without_softmax(load_digit_model(model_path(model)))
    if given is not None and scale_of(given) != "logits":
        raise CommandError("the page shows how logits become probabilities, expected a network that ends in logits")
    try:
        server = Server(port, given, ready)
    except OSError as error:
        raise CommandError(f"--port {port} cannot be used ({error.strerror}); name another, or 0 for any") from None
    server.serve_until_interrupted()
    wait_for_threads()


def wait_for_threads() -> None:
    """Wait until no other thread of this process computes.

    One that returns from NumPy's C++ while Python ends is made to leave by ``pthread_exit``, which C++ answers by
    aborting the process: https://github.com/python/cpython/issues/87135
    """
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name != BROWSER:
            thread.join()
