"""The driven cavity of paper 2: semiclassical curve, clusters of spins, cumulants over N, and the boundary N_sc."""
