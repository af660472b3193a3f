"""The command `nural`."""

import sys


def main() -> None:
    """Run the command line; see ``nural --help``."""
    try:
        try:
            from nural.cli.app import app
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith("nural"):
                raise
            print(f"nural: the command needs {error.name}: pip install 'nural[app]'", file=sys.stderr)
            sys.exit(2)
        app()
    except KeyboardInterrupt:
        print("nural: stopped by Ctrl-C", file=sys.stderr)
        sys.exit(2)
