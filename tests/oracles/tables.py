"""Tables of numbers along N."""

from permsym.compare import Table


def table(name, values, errors=None, methods=None):
    """A table along N from {method: {quantity: {N: value}}}."""
    sizes = sorted({n for each in values.values() for column in each.values() for n in column})
    points = [{"N": float(n), "kappa": n / 16} for n in sizes]
    entries = {
        (sizes.index(n), method, quantity): complex(value)
        for method, each in values.items()
        for quantity, column in each.items()
        for n, value in column.items()
    }
    return Table(name, points, list(values), entries, errors or {})


EXACT = {"exact": {"p0_up": {10: 0.6, 20: 0.5, 40: 0.4, 80: 0.3}}}
