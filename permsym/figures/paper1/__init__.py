"""Figures of P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023)."""
