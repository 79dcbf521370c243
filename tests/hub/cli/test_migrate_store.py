"""A hub moves from a file to a server and back: nothing differs, and it goes on telling."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from typer.testing import Result

from hub.store import moving
from hub.store.migrate import migrate
from hub.store.session import Store
from tests.faults.postgres import new_database
from tests.hub.cli.lived import LETTERS, Lived
from tests.hub.cli.typing_in import Desk

LAST_NUMBER = 5_000  #: the log has given more numbers than it has rows


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A hub's file after the example day."""
    with Lived(f"sqlite:///{tmp_path_factory.mktemp('lived')}/hub.db") as hub:
        hub.live_the_day()
        hub.run(f"UPDATE raw SET id = {LAST_NUMBER} WHERE id = 1")
        hub.run(f"UPDATE sqlite_sequence SET seq = {LAST_NUMBER} WHERE name = 'raw'")
        hub.run(f"UPDATE raw SET id = 1 WHERE id = {LAST_NUMBER}")
        yield hub


@pytest.fixture
def server(postgresql: str) -> str:
    return new_database(postgresql, f"move_{uuid4().hex}")


def move(source: str, target: str, *words: str) -> Result:
    return Desk(source).types("migrate-store", "--from", source, "--to", target, *words)


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with Lived(url) as hub:
        return hub.run(sql)


def test_a_hub_that_has_lived_moves_to_a_server_and_back_and_goes_on_in_both(
    lived: Lived, server: str, tmp_path: Path
) -> None:
    back = f"sqlite:///{tmp_path}/back.db"
    there = move(lived.url, server, "--json")
    assert 0 == there.exit_code, there.output
    home = move(server, back, "--json")

    assert (0, there.stdout) == (home.exit_code, home.stdout)
    assert '"holds":true' in there.stdout
    for url in (server, back):
        with Lived(url) as hub:
            told = hub.letters()
            assert lived.letters() == told
            assert LAST_NUMBER + 1 == hub.hears_of_a_new_order()
            assert told + LETTERS == hub.letters()
            assert 0 == Desk(url).types("audit").exit_code


def test_a_move_that_was_interrupted_goes_on_where_it_was(lived: Lived, server: str) -> None:
    with closing(Store(lived.url)) as here, closing(Store(server)) as there:
        migrate(there)
        begun = moving.begin(here, there, lived.now)
        steps = moving.copy(here, there, begun)
        copied = [next(steps) for _ in range(5)][-1]
    with pytest.raises(moving.Unfit, match="has not ended"), Lived(server) as hub:
        hub.build()

    ended = move(lived.url, server)

    assert 0 == ended.exit_code, ended.output
    assert "going on with what was begun" in ended.output
    assert copied > 0


def test_what_is_changed_behind_its_back_is_found_in_the_end(lived: Lived, server: str) -> None:
    with closing(Store(lived.url)) as here, closing(Store(server)) as there:
        migrate(there)
        begun = moving.begin(here, there, lived.now)
        list(moving.copy(here, there, begun))
        there.write_now(lambda c: c.execute(text("UPDATE belief SET version = version + 1")))

    ended = move(lived.url, server, "--json")

    assert 1 == ended.exit_code
    assert '"table":"belief"' in ended.stdout
    assert 1 == ended.stdout.count('"equal":false')


def test_a_source_with_a_hub_on_it_is_refused(lived: Lived, server: str) -> None:
    with closing(Store(lived.url)) as hub:
        hub.hold_alone()
        refused = move(lived.url, server)

    assert 1 == refused.exit_code
    assert "stop it first" in str(refused.exception)


def test_a_target_that_is_not_empty_is_refused(lived: Lived, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path}/other.db"
    with Lived(other) as hub:
        hub.hears_of_a_new_order()
    before = rows(other, "SELECT * FROM belief")
    refused = move(lived.url, other)

    assert 1 == refused.exit_code
    assert "not empty" in str(refused.exception)
    assert before == rows(other, "SELECT * FROM belief")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, server: str) -> None:
    refused = move(f"sqlite:///{tmp_path}/none.db", server)

    assert "there is no file" in str(refused.exception)
    assert not (tmp_path / "none.db").exists()
