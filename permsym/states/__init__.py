"""Density operators, and everything that one reads off them."""
