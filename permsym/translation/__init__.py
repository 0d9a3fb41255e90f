"""Models from operators of the whole product space, and back: QuTiP in and out."""
