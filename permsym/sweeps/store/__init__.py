"""Finished points on disk, each durable at once."""
