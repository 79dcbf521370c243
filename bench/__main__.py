"""python -m bench: every figure there is, one JSON line each."""

import sys
from pathlib import Path

import orjson

from bench.figures import figures


def main() -> None:
    """Measure everything; progress goes to standard error."""
    for figure in figures(
        facts=20_000,
        runs=5,
        orders=10_000,
        folder=Path("var/bench"),
        progress=lambda text: print(text, file=sys.stderr),
    ):
        sys.stdout.write(orjson.dumps(figure).decode() + "\n")


if __name__ == "__main__":
    main()
