"""How the hub logs what happens to orders: one line per event, for machines or for a terminal."""

import logging
import sys
import traceback
from typing import Any, Literal, TextIO

import structlog


def set_up_logging(level: Literal["debug", "info", "warning", "error"], *, json: bool) -> None:
    """Make every logger of the process write one line per event to standard error.

    ``json`` writes JSON for machines; otherwise lines for a terminal. What a sender wrote can
    neither begin a line nor steer the terminal: whatever is not printable is escaped.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    gather: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[structlog.typing.Processor]
    # Both would print the local variables of a traceback: names, addresses, secrets.
    if json:
        bare = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        render = [structlog.processors.ExceptionRenderer(bare), structlog.processors.JSONRenderer()]
    else:
        render = [_on_one_line, structlog.dev.ConsoleRenderer(exception_formatter=_indented)]
    structlog.configure(
        processors=[*gather, *render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # the libraries, too
    forget = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=gather, processors=[forget, *render])
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]


def _on_one_line(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        name: _printable(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _indented(out: TextIO, problem: structlog.typing.ExcInfo) -> None:
    """Write a traceback such that none of its lines looks like an event."""
    lines = "".join(traceback.format_exception(*problem)).splitlines()
    out.writelines(f"\n  | {_printable(line)}" for line in lines)
