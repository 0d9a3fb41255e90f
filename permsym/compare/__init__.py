"""Judging an approximation against a reference: errors, order of merit, convergence with order, values that cannot be."""

from permsym.compare.comparison import Comparison
from permsym.compare.judge import compare
from permsym.compare.tables import Table, read_table, table_of

__all__ = ["Comparison", "Table", "compare", "read_table", "table_of"]
