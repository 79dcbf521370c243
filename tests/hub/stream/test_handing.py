"""A record is handed over at once where there is room, and waits as before where there is none."""

import asyncio

import pytest

from hub.stream.handing import AtOnce, Resumed, begun


class Shelf:
    """Takes records as long as there is room."""

    def __init__(self, room: int) -> None:
        self.records: list[str] = []
        self.queue: asyncio.Queue[str] = asyncio.Queue(room)
        self.gave_up = False

    async def put(self, record: str) -> str:
        try:
            await self.queue.put(record)
        except asyncio.CancelledError:
            self.gave_up = True
            raise
        self.records.append(record)
        return record


class Consumer(AtOnce):
    """Hands records over as Faust's does, beside what may come to pass meanwhile."""

    async def hands(self, shelf: Shelf, record: str, suspended: asyncio.Event) -> None:
        await self.wait_first(shelf.put(record), suspended.wait())


def test_a_record_that_finds_room_begins_no_task() -> None:
    async def story() -> None:
        shelf, tasks = Shelf(1), asyncio.all_tasks()
        found = begun(shelf.put("first"))

        assert not isinstance(found, Resumed)
        assert (["first"], False) == (found.results, found.stopped)
        assert ["first"] == shelf.records
        assert tasks == asyncio.all_tasks()

    asyncio.run(story())


def test_a_record_that_finds_none_is_handed_over_when_there_is() -> None:
    async def story() -> None:
        shelf, never = Shelf(1), asyncio.Event()
        consumer = Consumer()
        await consumer.hands(shelf, "first", never)
        waiting = asyncio.create_task(consumer.hands(shelf, "second", never))
        await asyncio.wait([waiting], timeout=0.05)
        assert ["first"] == shelf.records
        assert "first" == shelf.queue.get_nowait()
        await asyncio.wait_for(waiting, 5)

        assert ["first", "second"] == shelf.records

    asyncio.run(story())


def test_a_record_that_waits_is_let_go_when_the_flow_is_suspended() -> None:
    async def story() -> None:
        shelf, suspended = Shelf(1), asyncio.Event()
        consumer = Consumer()
        await consumer.hands(shelf, "first", suspended)
        waiting = asyncio.create_task(consumer.hands(shelf, "second", suspended))
        await asyncio.wait([waiting], timeout=0.05)
        suspended.set()
        await asyncio.wait_for(waiting, 5)
        await asyncio.wait([asyncio.create_task(shelf.queue.get())])

        assert (["first"], True) == (shelf.records, shelf.gave_up)

    asyncio.run(story())


def test_what_goes_wrong_with_a_record_is_told() -> None:
    async def broken() -> None:
        raise ValueError("no such partition")

    with pytest.raises(ValueError, match="no such partition"):
        begun(broken())
