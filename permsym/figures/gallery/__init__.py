"""Published results, one a file: numbers to hold against, a picture, and what it shows."""
