"""The Faust application that brings orders' raws: configured to do little, and to do it again.

Why each setting is what it is stands in docs/decisions/0012; in short: at least once, raw bytes,
no tables, no leader, no topic made by accident, and the database decides where reading begins.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types.enums import ProcessingGuarantee
from mode import CrashingSupervisor
from yarl import URL

from hub.config import Settings
from hub.store.offsets import Place
from hub.stream.brokers import Brokers
from hub.stream.fetching import Answer, Fetching
from hub.stream.handing import AtOnce
from hub.stream.reader import Reader

#: as little of Faust as reading takes
LITTLE: Mapping[str, Any] = {
    "key_serializer": "raw",
    "value_serializer": "raw",
    "store": "memory://",
    "processing_guarantee": ProcessingGuarantee.AT_LEAST_ONCE,
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    "broker_commit_interval": 1.0,
    "broker_commit_every": 1000,
    "broker_max_poll_records": 500,
    "broker_request_timeout": 40,
    "broker_rebalance_timeout": 60,
    "broker_max_poll_interval": 300,
    "consumer_auto_offset_reset": "earliest",
    "stream_buffer_maxsize": 4096,
    "stream_wait_empty": False,
    "stream_processing_timeout": 60,
    "producer_acks": -1,
    "table_standby_replicas": 0,
    "web_enabled": False,
    "agent_supervisor": CrashingSupervisor,
    "autodiscover": False,
}

LAST_WORD = 3.0  #: seconds a consumer that stops tries to tell the broker how far it is


class Consumer(AtOnce, driver.Consumer):
    """A consumer that begins where the database is, if the broker believes to be further."""

    transport: "Transport"

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Seek to the lower of what the database and the broker know; return where that is.

        Faust asks after every assignment, and whenever it has to go back to what is certain.
        """
        reader = self.transport.reader
        committed: Mapping[Any, int | None] = await super().seek_to_committed()
        firsts = await self._thread.earliest_offsets(*committed)
        ends = await self._thread.highwaters(*committed)
        known = await reader.positions.among(
            {_place(tp): (firsts[tp], ends[tp]) for tp in committed}
        )
        starts = {
            tp: known[_place(tp)]
            if offset is None
            else max(firsts[tp], min(offset, known[_place(tp)]))
            for tp, offset in committed.items()
        }
        # all of them: where the consumer believes to be now is not what it was told
        await self._thread.seek_wait(starts)
        await reader.begin({_place(tp): start for tp, start in starts.items()})
        return starts

    async def on_stop(self) -> None:
        """Tell the broker how far we are, but wait no longer for it: the database knows."""
        with suppress(TimeoutError):
            await asyncio.wait_for(super().on_stop(), LAST_WORD)

    async def end(self) -> None:
        """End the thread that speaks to the broker, whatever became of stopping in good order."""
        await self._thread.stop()

    def _new_consumer_thread(self) -> Fetching:
        return Fetching(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: Any, timeout: float) -> Mapping[Any, Any]:
        """Note what the broker sent before anybody can lose it."""
        reader = self.transport.reader
        answer = cast(Answer, await super()._getmany(active_partitions, timeout))
        if holes := answer.holes():
            firsts = await self._thread.earliest_offsets(*holes)
            for tp, hole in holes.items():
                if hole.begin < firsts[tp]:
                    reader.lose(f"{tp.topic}/{tp.partition}: {hole.begin} is forgotten")
        for tp, (asked, reached) in answer.stretches.items():
            numbers = [one.offset for one in answer.get(tp, ())]
            reader.fetched(_place(tp), asked, numbers, reached)
        return answer


class Transport(driver.Transport):
    """Faust's way to the broker, with the reader at hand."""

    Consumer = Consumer
    reader: Reader


class Application(faust.App):
    """Faust's application, without the folders it makes for tables: there are none."""

    def _create_directories(self) -> None:
        """Make none: where the hub runs it may write nowhere but in its database."""


def application(
    settings: Settings, brokers: Brokers, topics: Sequence[str], reader: Reader
) -> faust.App:
    """Make an application that hands every record of the topics to ``reader``."""
    urls = [URL(f"kafka://{server}") for server in brokers.servers]
    app = Application(
        settings.stream_group,
        broker=urls,
        broker_credentials=_credentials(brokers),
        broker_session_timeout=settings.stream_session,
        broker_heartbeat_interval=settings.stream_session / 10,
        consumer_group_instance_id=settings.stream_member,
        **LITTLE,
    )
    transport = Transport(urls, app)
    transport.reader = reader
    app.transport = transport

    async def take(stream: Any) -> None:
        async for event in stream.noack().events():
            await reader.put(event)

    for topic in topics:
        channel = app.topic(topic, value_type=bytes, key_type=bytes, internal=False)
        app.agent(channel, name=f"take-{topic}", concurrency=1)(take)
    return app


def _place(tp: Any) -> Place:
    return Place(tp.topic, tp.partition)


def _credentials(brokers: Brokers) -> Any:
    if brokers.username:
        return faust.SASLCredentials(
            username=brokers.username,
            password=brokers.password,
            mechanism=brokers.mechanism,
            ssl_context=brokers.tls,
        )
    return faust.SSLCredentials(context=brokers.tls) if brokers.tls else None
