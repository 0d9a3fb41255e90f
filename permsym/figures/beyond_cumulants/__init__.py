"""Approximations that are no cumulant expansions beside these and the exact state, from a few satellites to a thousand."""
