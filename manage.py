#!/usr/bin/env python3
"""The one way in. `demo`, `serve` and `test` are ours and set up what is missing first; the rest is Django's."""

import os
import sys
from pathlib import Path


def main(arguments: "list[str]") -> "str | None":
    """Returns a sentence when something outside our code is in the way."""
    if sys.version_info[:2] != (3, 11):
        return "Threadwell needs Python 3.11, this is {}.{}: try python3.11 manage.py".format(*sys.version_info)
    os.chdir(Path(__file__).resolve().parent)
    from dashboard import bootstrap

    command = arguments[0] if arguments else "help"
    try:
        if command not in ("demo", "test"):  # a sandbox never sees a real installation's settings
            bootstrap.read_env_file()
        if command in ("demo", "serve", "test"):
            bootstrap.run_command(command, arguments[1:])
        else:
            bootstrap.run_django(arguments)
    except bootstrap.CannotStart as reason:
        return str(reason)
    return None


if __name__ == "__main__":
    sentence = main(sys.argv[1:])
    if sentence:
        print(sentence, file=sys.stderr)
        sys.exit(2)
