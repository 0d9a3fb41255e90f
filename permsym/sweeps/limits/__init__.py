"""The limit of infinitely many satellites, from a sequence of sizes."""
