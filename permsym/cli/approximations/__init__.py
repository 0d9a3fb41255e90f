"""Commands of approximations: cumulants, linear noise, truncated Wigner."""
