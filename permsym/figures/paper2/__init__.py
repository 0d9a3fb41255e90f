"""Figures of M. Zens, D. O. Krimer, S. Rotter, Phys. Rev. A 100, 013856 (2019)."""
