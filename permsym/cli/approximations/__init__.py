"""Commands of approximations."""
