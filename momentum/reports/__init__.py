"""Plots and views of the terminal, for people. Reads through the warehouse's named queries.

Here does not belong: any figure that is not in a table or a query already; what a machine reads (--json
is the command line's own).
"""

from __future__ import annotations

from momentum.reports.plots import plots_for

__all__ = ["plots_for"]
