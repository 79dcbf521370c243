"""What we agreed on about databases: one folder knows which it is, and deploys may roll."""

import ast
import re

from tests.test_house_rules import ROOT, code_of, name, python_files


def test_only_the_store_knows_which_database_it_is() -> None:
    asks = re.compile(
        r"\.dialect\b|get_backend_name|sqlalchemy\.dialects|\bsqlite3\b|\bpsycopg\b|\bpg_\w+\("
    )
    wrong = [
        f"{name(path)}: {line.strip()}"
        for path in python_files("hub")
        if not name(path).startswith("hub/store/")
        for line in code_of(path).splitlines()
        if asks.search(line)
    ]

    assert [] == wrong


def test_a_migration_takes_nothing_away_from_the_version_before_it() -> None:
    # docs/decisions/0013: both versions work on the database while a deploy rolls through.
    wrong = []
    for path in sorted((ROOT / "hub/store/migrations/versions").glob("*.py")):
        found = [
            one for one in ast.parse(path.read_text()).body if isinstance(one, ast.FunctionDef)
        ]
        upgrade = next(one for one in found if one.name == "upgrade")
        for call in (one for one in ast.walk(upgrade) if isinstance(one, ast.Call)):
            said = ast.unparse(call)
            takes = re.match(r"(op|batch_op)\.(drop_|alter_|rename_)", said)
            adds = re.match(r"(op|batch_op)\.add_column", said)
            if takes or (adds and not re.search(r"nullable=True|server_default", said)):
                wrong.append(f"{name(path)}: {said[:80]}")

    assert [] == wrong
