"""Figures of proved bounds."""
