"""One lattice of sites (j, m), whole or in a window, solved with the factors of a direct solver."""
