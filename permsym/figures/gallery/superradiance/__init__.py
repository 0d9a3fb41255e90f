"""Light of many emitters together."""
