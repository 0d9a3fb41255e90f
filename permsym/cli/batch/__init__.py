"""Commands of sweeps and their files."""
