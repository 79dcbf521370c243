"""The naive program's endpoint called as a function: what it makes of order facts without HTTP.

A program of its own (its tables have the hub's names): ``python -m bench.naive_alone FACTS`` prints
facts per second.
"""

import sys
from time import perf_counter

from fastapi import BackgroundTasks
from sqlmodel import Session

from bench.day import deliveries
from bench.naive import engine, receive


def main() -> None:
    """Take in so many facts, one after the other."""
    bodies, tasks = list(deliveries(int(sys.argv[1]))), BackgroundTasks()
    start = perf_counter()
    for body in bodies:
        with Session(engine) as session:
            receive(body, session, tasks)
    print(len(bodies) / (perf_counter() - start))


if __name__ == "__main__":
    main()
