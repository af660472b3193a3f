"""Where the command `nural` begins. Outside the package, so that Ctrl-C is met while NumPy and the rest still load."""

import gc
import io
import signal
import sys


def main() -> None:
    """Run the command line; see ``nural --help``."""
    try:
        _run()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except SystemExit as end:
        if end.code != 130:  # what Typer makes of a Ctrl-C outside a command
            raise
    else:
        return
    print("nural: stopped by Ctrl-C", file=sys.stderr)
    sys.exit(2)


def _run() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # no command ends because a terminal lacks a character
            stream.reconfigure(errors="backslashreplace")
    gc.set_threshold(100_000)  # what is loaded stays: to look for garbage in it takes an eighth of the time to start
    try:
        from nural.cli.app import app

        app()
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("nural"):
            raise
        print(f"nural: the command needs {error.name}: pip install 'nural[app]'", file=sys.stderr)
        sys.exit(2)
