"""What a table is: columns with types, ranges and meaning. DDL and checks are made from these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# journal: append-only, never swapped, not derivable. month: derived, partitioned by month of a day,
# swapped in whole. versioned: derived, written once per version of an activity, never swapped.
# small: replaced by key.
Kind = Literal["journal", "month", "versioned", "small"]


@dataclass(frozen=True)
class Column:
    """One column. `low` and `high` are inclusive bounds that a check enforces (NULL passes)."""

    name: str
    type: str
    description: str
    low: float | None = None
    high: float | None = None
    codec: str = ""


@dataclass(frozen=True)
class Table:
    """One table; `row` says what one row is, `key` what makes it unique (the sorting key's start)."""

    name: str
    kind: Kind
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    day: str = ""  # the Date column whose month is the partition; "" for none
    version_column: str = ""  # small tables: the newest by this column wins
    order_by: tuple[str, ...] = ()  # the sorting key where it is not `key`
    repeats: bool = False  # devices send two rows of one key (beats of one second, a lap of none): not unique

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def has_history(self) -> bool:
        """Months are kept per version of the model where rows say which version computed them."""
        return self.kind == "month" and "model_version" in self.column_names


# Columns of many tables.
ATHLETE = Column("athlete_id", "LowCardinality(String)", "The athlete.")
RUN = Column("run_id", "String", "The run that wrote the row.")
AT = Column("at", "DateTime64(3, 'UTC')", "When the row was written.")
