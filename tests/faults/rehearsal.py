"""Goes through crashes one after the other, each time with a new hub and with new orders."""

from collections.abc import Callable
from pathlib import Path

from tests.faults.drill import Drill, Report, Scene, rehearse
from tests.faults.hub_process import HubProcess
from tests.faults.storm import storm
from tests.faults.witness import Witness


class Rehearsal:
    """Drills and storms of one run, each with a database of its own, under the eyes of one oracle.

    ``seed`` decides what is told, and the moments of kills; ``say`` is told how it goes.
    """

    def __init__(
        self, witness: Witness, folder: Path, *, seed: int, say: Callable[[str], None]
    ) -> None:
        self._witness, self._folder, self._seed, self._say = witness, folder, seed, say
        self.reports: list[Report] = []

    def drill(self, drill: Drill, url: str | None = None) -> Report:
        """Go through a drill on SQLite, or on the database that ``url`` names."""
        return self._note(rehearse(self._scene(drill, url)))

    def storm(self, drill: Drill, kills: int, url: str | None = None) -> Report:
        """Kill a hub that often."""
        scene = self._scene(drill, url)
        self._say(f"{drill.id} {kills} kills on {scene.backend}, policy {drill.policy}")
        return self._note(storm(scene, kills=kills, seed=self._seed, progress=self._say))

    def _scene(self, drill: Drill, url: str | None) -> Scene:
        run = f"d{len(self.reports)}"
        folder = self._folder / run
        folder.mkdir()
        hub = HubProcess(
            folder,
            TILANNE_ON_AMBIGUOUS=drill.policy,
            **self._witness.settings(drill.door, sinks=drill.sinks),
            # on a server nobody knows that the dead hub was the only one: its leases have to end
            **({"TILANNE_DATABASE_URL": url, "TILANNE_LEASE_SECONDS": "3"} if url else {}),
        )
        self._witness.ask(
            "begin",
            run=run,
            log=str(folder / "oracle.db"),
            hub=hub.url,
            database=hub.environment["TILANNE_DATABASE_URL"],
            seed=f"{self._seed}: {drill.id} {drill.name} {drill.policy}",
        )
        return Scene(drill, hub, self._witness, folder)

    def _note(self, report: Report) -> Report:
        self.reports.append(report)
        self._say(str(report))
        return report
