"""Who the three athletes are: constants that a coach can read, and nothing that computes a session.

Times in a career are counted in weeks before the last one (`ago`), so that a short demo is the end of
a long one: a recovery week in every week with ago % 4 == 2, a test in every one with ago % 8 == 6, and
races in recovery weeks.

Weekly load (100 is an hour at threshold; TSS of power on the bike, of pace on foot, of pace in the
water; rests and races apart) keeps within `Athlete.band` in every loading week: Camille 165 to 350,
Noor 115 to 260, Jonas 185 to 390 over all his sports. A recovery week has at most RECOVERY_AT_MOST of
the mean of the three before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from momentum.demo.body import Form

RECOVERY_WEEK = 2  # ago % 4
TEST_EVERY_WEEKS, TEST_WEEK = 8, 6  # ago % 8
RECOVERY_AT_MOST = 0.80
RECOVERY_SHARE = 0.60  # what is planned: 60 % of the load before
TEST_WEEK_SHARE = 0.50  # a recovery week with a test, which costs more than the session it stands for
TAPER_SHARE = 0.75  # the week before a race
RACE_WEEK_SHARE = 0.30  # the days before the race in its week
CYCLE = {1: 0.95, 0: 1.0, 3: 1.05, RECOVERY_WEEK: RECOVERY_SHARE}  # by ago % 4; time runs from 1 to 0 to 3 to 2
DEMO_WEEKS = 104


@dataclass(frozen=True)
class Slot:
    """A session of the usual week: weekday from 0 (Monday), local hour, kinds in turn, share of the week's load."""

    weekday: int
    hour: float
    sport: str
    kinds: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Race:
    """A race on the Sunday of a week. Running: metres and share of threshold speed; cycling: load."""

    ago: int
    name: str
    sport: str
    priority: str
    metres: float = 0.0
    intensity: float = 0.0
    load: float = 0.0
    legs: tuple[float, float, float] = (0.0, 0.0, 0.0)  # metres of swim, bike, run


@dataclass(frozen=True)
class Illness:
    """A gap of `days` without any session, from a weekday of a week on."""

    ago: int
    weekday: int
    days: int
    what: str


@dataclass(frozen=True)
class Place:
    lat: float
    lon: float
    base_m: float
    steepness: float  # standard deviation of slopes


@dataclass(frozen=True)
class Athlete:
    """One generated athlete: `profile` has the columns of the table `athletes`."""

    number: int
    profile: dict[str, Any]
    device: str
    serial: str
    home: Place
    first: Form  # two years ago
    last: Form  # today
    week_load: tuple[float, float]  # planned, two years ago and today
    band: tuple[float, float]  # stated for loading weeks
    weeks: tuple[tuple[Slot, ...], tuple[Slot, ...]]  # weeks with even and odd `ago`
    test_sport: str
    races: tuple[Race, ...]
    illness: Illness
    course_km: dict[str, tuple[float, ...]]

    @property
    def athlete_id(self) -> str:
        return self.profile["athlete_id"]

    @property
    def timezone(self) -> str:
        return self.profile["timezone"]


def _profile(athlete_id: str, name: str, **columns: Any) -> dict[str, Any]:
    common = {"units": "metric", "ctl_seed": 0.0, "atl_seed": 0.0, "llm_consent": True}
    return {"athlete_id": athlete_id, "name": name, **common, **columns}


_EVENING, _MORNING = 18.2, 9.1

CAMILLE = Athlete(
    number=1,
    profile=_profile(
        "camille", "Camille Laurent", sex="f", birth_date=date(1991, 4, 17), weight_kg=62.0, height_m=1.70,
        language="fr", timezone="Europe/Paris", ctl_seed=28.0, atl_seed=28.0,
    ),
    device="Edge 540",
    serial="3441870213",
    home=Place(48.7040, 2.0700, 132.0, 0.022),
    first=Form(204, 0, 0, 168, 53, 187, 63.5),
    last=Form(239, 0, 0, 170, 48, 186, 61.5),
    week_load=(205, 285),
    band=(165, 350),
    weeks=(
        (
            Slot(1, _EVENING, "cycling", ("threshold", "vo2"), 0.22),
            Slot(3, _EVENING, "cycling", ("tempo", "endurance"), 0.20),
            Slot(5, _MORNING, "cycling", ("long",), 0.36),
            Slot(6, 10.2, "cycling", ("endurance",), 0.22),
        ),
        (
            Slot(1, _EVENING, "cycling", ("vo2", "threshold"), 0.26),
            Slot(3, _EVENING, "cycling", ("endurance", "tempo"), 0.27),
            Slot(6, _MORNING, "cycling", ("long",), 0.47),
        ),
    ),
    test_sport="cycling",
    races=(
        Race(14, "Granfondo de la Vallée", "cycling", "A", load=195),
        Race(30, "Course de côte des Vaux", "cycling", "B", load=120),
        Race(66, "Cyclosportive des Étangs", "cycling", "A", load=185),
    ),
    illness=Illness(41, 1, 8, "grippe"),
    course_km={"cycling": (24, 33, 41, 52, 68, 90)},
)  # fmt: skip

NOOR = Athlete(
    number=2,
    profile=_profile(
        "noor", "Noor Haddad", sex="f", birth_date=date(1986, 11, 2), weight_kg=58.0, height_m=1.66,
        language="en", timezone="America/Denver", units="imperial", ctl_seed=19.0, atl_seed=19.0,
    ),
    device="Forerunner 255",
    serial="3398120077",
    home=Place(39.7420, -104.9530, 1612.0, 0.012),
    first=Form(0, 3.28, 0, 172, 56, 189, 59.0),
    last=Form(0, 3.62, 0, 174, 52, 188, 57.5),
    week_load=(145, 200),
    band=(115, 260),
    weeks=(
        (
            Slot(1, _EVENING, "running", ("threshold", "vo2"), 0.27),
            Slot(3, 18.6, "running", ("endurance",), 0.21),
            Slot(5, 8.2, "running", ("recovery", "tempo"), 0.17),
            Slot(6, 8.0, "running", ("long",), 0.35),
        ),
        (
            Slot(1, _EVENING, "running", ("vo2", "tempo"), 0.31),
            Slot(4, 18.4, "running", ("endurance",), 0.28),
            Slot(6, 8.0, "running", ("long",), 0.41),
        ),
    ),
    test_sport="running",
    races=(
        Race(10, "City Park 10K", "running", "A", metres=10_000, intensity=1.005),
        Race(34, "Platte River Half", "running", "A", metres=21_097.5, intensity=0.955),
        Race(58, "Cherry Creek 10K", "running", "B", metres=10_000, intensity=1.005),
        Race(82, "Front Range Half", "running", "A", metres=21_097.5, intensity=0.95),
    ),
    illness=Illness(4, 0, 6, "bad cold"),
    course_km={"running": (5.2, 7.1, 8.6, 10.4, 13.2), "race": (5.0,)},
)  # fmt: skip

_OLYMPIC, _SPRINT = (1500.0, 40_000.0, 10_000.0), (750.0, 20_000.0, 5_000.0)

JONAS = Athlete(
    number=3,
    profile=_profile(
        "jonas", "Jonas Brandt", sex="m", birth_date=date(1988, 7, 29), weight_kg=76.0, height_m=1.84,
        language="de", timezone="Europe/Berlin", ctl_seed=31.0, atl_seed=31.0,
    ),
    device="Forerunner 955",
    serial="3415526904",
    home=Place(48.0010, 7.8310, 262.0, 0.016),
    first=Form(236, 3.50, 1.16, 170, 51, 188, 77.5),
    last=Form(272, 3.82, 1.27, 171, 46, 187, 75.5),
    week_load=(225, 310),
    band=(185, 390),
    weeks=(
        (
            Slot(0, 7.1, "swimming", ("threshold", "endurance"), 0.13),
            Slot(1, _EVENING, "cycling", ("threshold", "vo2"), 0.22),
            Slot(2, _EVENING, "running", ("tempo", "threshold"), 0.17),
            Slot(3, 19.2, "strength", ("strength",), 0.0),
            Slot(5, _MORNING, "cycling", ("long",), 0.28),
            Slot(6, 9.6, "running", ("long", "endurance"), 0.20),
        ),
        (
            Slot(0, 7.1, "swimming", ("technique", "endurance"), 0.17),
            Slot(2, _EVENING, "running", ("vo2", "tempo"), 0.22),
            Slot(4, 7.0, "swimming", ("endurance", "threshold"), 0.17),
            Slot(5, _MORNING, "cycling", ("long", "tempo"), 0.44),
        ),
    ),
    test_sport="cycling",
    races=(
        Race(2, "Kaiserstuhl Triathlon", "multisport", "A", legs=_OLYMPIC),
        Race(18, "Schluchsee Triathlon", "multisport", "B", legs=_SPRINT),
        Race(50, "Breisgau Triathlon", "multisport", "A", legs=_OLYMPIC),
        Race(98, "Dreisam Sprint", "multisport", "C", legs=_SPRINT),
    ),
    illness=Illness(71, 2, 9, "Bronchitis"),
    course_km={"cycling": (28, 40, 55, 75), "running": (6.0, 8.3, 11.0, 14.5), "swimming": (0.75,), "race": (5.0,)},
)  # fmt: skip

ATHLETES = (CAMILLE, NOOR, JONAS)
