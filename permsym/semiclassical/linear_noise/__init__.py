"""Linear noise: Gaussian fluctuations around mean field, and what they do to the means, to first order in 1/N."""
