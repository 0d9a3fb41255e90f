"""How often a jump happens: full counting statistics."""
