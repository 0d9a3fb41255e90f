"""Commands of two times: correlations."""
