"""Time evolution where coefficients change in time: Taylor polynomials with a bound of their error."""
