"""Fixed points that follow from others: positions on a branch, the branch over N, the neighbour in a map."""
