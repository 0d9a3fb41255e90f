"""Spectra of emission: lines, their widths, and the power at each frequency."""
