"""``python -m nural`` is the command `nural`."""

from nural.cli import main

if __name__ == "__main__":
    main()
