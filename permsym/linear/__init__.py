"""Linear algebra that knows no physics: a sparse matrix in, a vector out."""
