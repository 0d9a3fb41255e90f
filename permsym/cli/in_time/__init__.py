"""Commands of evolutions, of periodic states, and of what two times or frequencies show."""
