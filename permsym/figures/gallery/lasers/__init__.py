"""Lasers of few and of many emitters."""
