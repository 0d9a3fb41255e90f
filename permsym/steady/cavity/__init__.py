"""Cavities: blocks of the Liouvillian applied matrix-free, iterated, on windows, with checkpoints."""
