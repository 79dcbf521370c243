"""Fetches a real Apache Kafka, once, so that orders can go through one on a bare machine."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / ".kafka"  #: not in git; remove it and everything is fetched anew
JAVA = 17  #: what Kafka 4 asks for at least
COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"
TRIES = 2  #: a registry may fail once


class NoBroker(Exception):
    """A broker cannot be had here; the message says what is missing, and the remedy."""


def java() -> str:
    """Return the path of a Java that Kafka runs on. Raises ``NoBroker``."""
    found = shutil.which("java")
    remedy = f"install Java {JAVA} or later (Debian: openjdk-17-jre-headless)"
    if found is None:
        raise NoBroker(f"java is missing: {remedy}")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None or int(version[1]) < JAVA:
        raise NoBroker(f"{found} is too old ({said.partition(chr(10))[0]}): {remedy}")
    return found


def jars() -> Path:
    """Return the folder with all that Kafka is made of; fetch it if it is not there yet.

    Raises ``NoBroker`` when it is not there and cannot be fetched.
    """
    pom = HERE / "pom.xml"
    folder = KEPT / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if not folder.exists():
        maven = shutil.which("mvn")
        if maven is None:
            raise NoBroker("mvn is missing: install Apache Maven 3.6 or later (Debian: maven)")
        KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as made:
            _fetch(maven, pom, Path(made, "jars"))
            if not folder.exists():  # somebody else may have fetched it meanwhile
                Path(made, "jars").rename(folder)
    return folder


def _fetch(maven: str, pom: Path, into: Path) -> None:
    command = [maven, "-B", "-q", "-f", str(pom), COPY, "-DincludeScope=runtime"]
    for _ in range(TRIES):
        ran = subprocess.run(
            [*command, f"-DoutputDirectory={into}"], capture_output=True, text=True, check=False
        )
        if ran.returncode == 0:
            return
    said = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[:10])
    raise NoBroker(f"Maven could not fetch Apache Kafka ({pom}):\n{said}")
