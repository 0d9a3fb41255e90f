"""Models of emitters beyond a spin or a mode with two-level satellites: spins alone, two ensembles, three levels."""
