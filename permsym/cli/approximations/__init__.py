"""Commands of approximations by random or linear noise."""
