"""The fleet as one run sees it: looked at once, at the first use; nothing is changed by looking."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from momentum.settings import Settings

if TYPE_CHECKING:
    from momentum.provisioning.survey import Survey


class Infrastructure(dg.ConfigurableResource):
    """The fleet file, and the world as far as this machine's credentials reach.

    `home` as in `Warehouse`. Keys are no fields of this resource: they are read from the operator's encrypted
    file when they are needed.
    """

    home: str = ""

    _seen: Survey | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Infrastructure]:
        """Holds a lock that many runs may share: whoever asks finds out that one of them is alive."""
        folder = self.settings.infra_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with runs_lock(self.settings).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield self
        self._seen = None

    @property
    def settings(self) -> Settings:
        """Settings of the environment, with this resource's home if it names one."""
        return Settings(home=Path(self.home)) if self.home else Settings()

    def survey(self) -> Survey:
        """What was seen in this run."""
        from momentum.provisioning.shown import keep
        from momentum.provisioning.survey import survey

        if self._seen is None:
            self._seen = survey(self.settings)
            keep(self.settings, self._seen)
        return self._seen

    def apply(self, plan_hash: str, destroys: Sequence[str], tell: Callable[[str], None]) -> int:
        """Executes the plan with this hash, which a person saw; how many steps were done.

        destroys: servers whose data the person gave up by name. Raises MomentumError where the plan of today is
        another one, and whatever stops a step.
        """
        from momentum.provisioning.session import apply_plan

        return len(apply_plan(self.settings, plan_hash, destroys, tell).done)


def runs_lock(settings: Settings) -> Path:
    """The file that runs which look at the fleet hold for as long as they live."""
    return settings.infra_dir / "runs.lock"


def is_at_work(settings: Settings) -> bool:
    """Whether a run that looks at the fleet, or changes it, is alive on this machine."""
    try:
        with runs_lock(settings).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
