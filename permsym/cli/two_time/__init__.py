"""Commands that answer to a frequency or a delay: correlations, spectra, eigenvalues of the Liouvillian."""
