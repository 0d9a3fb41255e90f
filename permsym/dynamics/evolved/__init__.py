"""States of an evolution: which are there, what they are off by, and rotations of them."""
