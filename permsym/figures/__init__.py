"""The papers' figures: each a sweep and a plot, made by one command."""

from permsym.figures.registry import FIGURES, Figure, draw, expand, redrawn

__all__ = ["FIGURES", "Figure", "draw", "expand", "redrawn"]
