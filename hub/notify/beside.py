"""A process beside the hub that tells customers in its stead: questions go in, answers come out."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import orjson

#: of our environment: where programs and authorities are; no secret, and no proxy, behind which
#: nobody would see where it dials
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")

Said = dict[str, Any]


class Ended(Exception):
    """The process ended before it answered, or does not start."""


class Beside:
    """Runs ``python -m <module>`` from the first question on, and again if it ends."""

    def __init__(self, module: str, greeting: Mapping[str, Any]) -> None:
        """``greeting``: the first line it reads."""
        self._module, self._greeting = module, orjson.dumps(greeting) + b"\n"
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Said]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def ask_once(self, question: Mapping[str, Any], seconds: float) -> Said:
        """Start it, ask one question, end it; for those who cannot wait otherwise. ``Ended``."""
        asked = self._greeting + orjson.dumps({"id": 0, **question}) + b"\n"
        try:
            ran = subprocess.run(  # noqa: S603 - our own module
                self._command,
                check=False,
                input=asked,
                capture_output=True,
                timeout=seconds,
                env=_surroundings(),
            )
            said: Said = orjson.loads(ran.stdout)
        except (subprocess.TimeoutExpired, OSError, orjson.JSONDecodeError) as error:
            raise Ended(type(error).__name__) from error
        return said

    async def ask(self, question: Mapping[str, Any]) -> Said:
        """Ask; raise ``Ended`` if it ends before it answers."""
        process = await self._running()
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            assert process.stdin is not None
            process.stdin.write(orjson.dumps({"id": number, **question}) + b"\n")
            await process.stdin.drain()
            return await self._waiting[number]
        except OSError as error:
            raise Ended(type(error).__name__) from error
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """End it; what is under way there ends with it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if self._listening is not None:
            await self._listening

    @property
    def _command(self) -> Sequence[str]:
        return (sys.executable, "-m", self._module)

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._turn:
            if self._process is None:
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL,
                        env=_surroundings(),
                        start_new_session=True,  # Ctrl-C is for the hub, which ends it in its turn
                    )
                except OSError as error:
                    raise Ended(type(error).__name__) from error
                assert self._process.stdin is not None
                self._process.stdin.write(self._greeting)
                self._listening = asyncio.create_task(self._listen(self._process))
            return self._process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = orjson.loads(line)
            answer = self._waiting.get(said["id"])
            if answer is not None and not answer.done():
                answer.set_result(said)
        self._process = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Ended("it ended"))
        await process.wait()


def _surroundings() -> dict[str, str]:
    """Return the environment it gets; it finds our modules where we do."""
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return known | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
