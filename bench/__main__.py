"""python -m bench: every figure there is, one JSON line each."""

import sys
from pathlib import Path

import orjson

from bench.figures import figures
from bench.sizes import FULL


def main() -> None:
    """Measure everything; progress goes to standard error."""
    for figure in figures(FULL, Path("var/bench"), lambda text: print(text, file=sys.stderr)):
        print(orjson.dumps(figure).decode(), flush=True)


if __name__ == "__main__":
    main()
