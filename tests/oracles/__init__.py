"""Independent answers: the 2^N space, closed forms, and models to try them on.  Nothing here uses permsym's moves or bases."""
