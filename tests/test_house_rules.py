"""What we once agreed on about files, names and promises, so that nobody has to remember it."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
SOURCE = ("hub", "connectors", "state_machine", "bench", "deploy", "docs")
SKIPPED = {".venv", ".git", ".kafka", "var", "build", "dist", "__pycache__"}

# Lists of words and of columns: as long as the world is, and read by looking up, not through.
LISTS = re.compile(
    r"state_machine/events\.py|hub/refusals/kinds\.py|hub/store/(tables\.py|migrations/versions/.*)"
)
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}
FUNCTION_LINES, SOURCE_LINES, TEST_LINES, DECISION_LINES = 40, 200, 250, 40
VENDOR_LINES = 320


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        paths = sorted((ROOT / folder).rglob("*.py"))
        yield from (path for path in paths if not SKIPPED & set(path.relative_to(ROOT).parts))


def project_files() -> Iterator[Path]:
    """Every text file of the project, found without git: a source archive has none."""
    tops = [path for path in ROOT.iterdir() if not path.name.endswith("_cache")]
    for top in sorted(top for top in tops if top.name not in SKIPPED | {".hypothesis"}):
        paths = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in paths:
            ours = path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts)
            if ours and b"\0" not in path.read_bytes():
                yield path


def connector_files() -> list[Path]:
    paths = (ROOT / "connectors").glob("*/*.py")
    return sorted(path for path in paths if path.stem != "__init__")


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    vendors = set(connector_files())  # a vendor is one file, however much it has to say
    caps = [
        (path, VENDOR_LINES if path in vendors else SOURCE_LINES)
        for path in python_files(*SOURCE)
        if not LISTS.match(name(path))
    ]
    caps += [(path, TEST_LINES) for path in python_files("tests")]
    caps += [(path, DECISION_LINES) for path in (ROOT / "docs/decisions").glob("*.md")]
    lengths = [(path, len(path.read_text().splitlines()), cap) for path, cap in caps]

    assert [] == [f"{name(path)}: {n} > {cap} lines" for path, n, cap in lengths if n > cap]


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = []
    for path in (path for path in python_files(*SOURCE, "tests") if not LISTS.match(name(path))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    too_long.append(f"{name(path)}: {node.name} has {lines} lines")

    assert [] == too_long


def test_no_file_is_named_after_nothing() -> None:
    paths = python_files(*SOURCE, "tests")

    assert [] == [name(path) for path in paths if FORBIDDEN_NAMES & set(name(path)[:-3].split("/"))]


def test_every_file_begins_by_saying_what_it_is_for() -> None:
    silent = []
    for path in python_files(*SOURCE, "tests"):
        text = path.read_text()
        if not text.startswith('"""') or not ast.get_docstring(ast.parse(text)):
            silent.append(name(path))

    assert [] == silent


def test_the_state_machine_imports_the_standard_library_only() -> None:
    foreign = []
    for path in python_files("state_machine"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            tops = {one.split(".")[0] for one in names} - {"state_machine"}
            foreign += [f"{name(path)}: {top}" for top in tops - sys.stdlib_module_names]

    assert [] == foreign


def code_of(path: Path) -> str:
    """The file without comments and docstrings: they may name a precedent."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(...)
    return ast.unparse(tree)


def test_a_vendor_is_named_in_its_own_file_only() -> None:
    # The canonical connector is ours, and an English word. The example day and the benchmark
    # speak to the hub from outside, in the vendors' words.
    vendors = {path.stem: path for path in connector_files() if path.stem != "canonical"}
    elsewhere = []
    for path in python_files("hub", "connectors"):
        if not re.match(r"hub/(demo|bench)\b", name(path)):
            lines = code_of(path).splitlines()
            others = "|".join(vendor for vendor, home in vendors.items() if home != path)
            vendor = re.compile(f"(?<![a-z])(?i:{others or '$^'})(?![a-z])")
            named = [line for line in lines if vendor.search(line)]
            elsewhere += [f"{name(path)}: {line.strip()}" for line in named]

    assert [] == elsewhere


def test_only_apply_writes_what_we_believe_and_what_is_worth_telling() -> None:
    tables = r"(?:BELIEF|TIMELINE|OUTBOX|BeliefRow|TimelineRow|OutboxRow)"
    writes = re.compile(
        rf"\b{tables}(?:\.__table__)?\.(?:insert|update|delete)\("
        rf"|\b(?:insert|update|delete)\({tables}|\b(?:insert_new|upsert)\(\w+, {tables}"
        r"|\bbelief\.(?:save|set_open_lines)\(|\bparcels\.claim\("
        r"|\btimeline\.(?:append|reword|take_off)\("
    )
    # The dispatcher marks an outbox row as planned; nobody else puts a hand on it. A replay lets a
    # timeline say what is read in its raws today; what is believed of it is written by apply.
    allowed = r"hub/pipeline/(apply|reread)\.py|hub/store/(belief|timeline)\.py|hub/(demo|bench)\b"
    wrong = [
        f"{name(path)}: {found.group()}"
        for path in python_files("hub")
        if not re.match(allowed, name(path))
        for found in writes.finditer(code_of(path))
        if (name(path), found.group()) != ("hub/store/outbox.py", "update(OUTBOX")
    ]

    assert [] == wrong


def test_every_connector_has_three_samples() -> None:
    samples = ROOT / "tests/connectors/samples"
    counts = {
        path.stem: sum(one.is_file() for one in (samples / path.stem).glob("*"))
        for path in connector_files()
    }

    assert {} == {vendor: count for vendor, count in counts.items() if count < 3}


def test_every_catalogue_can_be_read_and_says_everything() -> None:
    wrong = []
    for path in sorted((ROOT / "templates/locale").glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.stem, abort_invalid=True)
        for message in catalogue:
            texts = [message.string] if isinstance(message.string, str) else [*message.string]
            if message.fuzzy and message.id:
                wrong.append(f"{name(path)}:{message.lineno}: not yet checked: {message.id}")
            if path.stem != "en" and not all(texts):
                wrong.append(f"{name(path)}:{message.lineno}: not translated: {message.id}")

    assert [] == wrong


def test_the_reference_says_what_the_code_says() -> None:
    command = [sys.executable, ROOT / "docs/print_reference.py", "--check"]
    printed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert (0, "", "") == (printed.returncode, printed.stdout, printed.stderr)


def test_no_file_knows_a_registry_or_a_machine() -> None:
    registry = r"--(?:extra-)?index-url|--find-links|--trusted-host|pypi\.org|pythonhosted"
    machine = r"(?<![\w./:-])/(?:home|root|Users|work|tmp)/\w"
    known = []
    for path in project_files():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if path != Path(__file__) and re.search(f"{registry}|{machine}", line):
                known.append(f"{name(path)}:{number}: {line.strip()[:80]}")

    assert [] == known


def test_no_test_replaces_a_part_of_ours_behind_its_back() -> None:
    replaced = []
    for path in python_files("tests"):
        text = path.read_text() if path != Path(__file__) else ""
        if re.search(r"unittest\.mock|mock\.patch|monkeypatch\.(setattr|setitem|delattr)", text):
            replaced.append(name(path))

    assert [] == replaced


def test_every_rule_that_is_off_has_a_reason() -> None:
    off = re.search(
        r"^ignore = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE | re.DOTALL
    )

    assert off is not None
    assert [] == [line.strip() for line in off.group(1).splitlines() if "#" not in line]


def test_every_dependency_is_locked_with_its_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    wanted = {
        "requirements.lock": runtime,
        "requirements-dev.lock": [*runtime, *project["dependency-groups"]["dev"]],
    }
    unlocked = []
    for lock, requirements in wanted.items():
        pins = re.findall(r"(?m)^([a-z0-9-]+)==(\S+)(.*)\\\n +--hash", (ROOT / lock).read_text())
        names = {re.split(r"[\[<>=]", one)[0] for one in requirements}
        unlocked += [f"{lock}: {one}" for one in sorted(names - {pin[0] for pin in pins})]

    assert [] == unlocked
