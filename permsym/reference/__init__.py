"""The reference set: problems with exact, certified values, on which any method can be scored."""
