"""``python -m nural`` is the command `nural`."""

from nural_command import main

if __name__ == "__main__":
    main()
