"""Very large systems as a Gaussian times Hermite polynomials in (j, m)."""
