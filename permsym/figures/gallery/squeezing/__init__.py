"""Spin squeezing by twisting."""
