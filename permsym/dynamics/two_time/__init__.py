"""Two times: correlations of a steady state, and of a state on its way."""
