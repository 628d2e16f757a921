"""``python -m mitate`` is ``mitate``."""

from mitate.cli.main import entry

if __name__ == "__main__":
    entry()
