"""Sweep files: read and checked as a whole, every mistake with its line."""
