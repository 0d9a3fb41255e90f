"""Logarithms of factorials against SciPy's gamma function."""

import numpy as np
from scipy.special import gammaln

from permsym.factorials import log_factorial


def test_table_is_scipys_gamma_function():
    n = np.arange(3000)
    np.testing.assert_allclose(log_factorial(n), gammaln(n + 1), rtol=1e-15, atol=1e-15)


def test_any_shape_of_whole_numbers():
    assert log_factorial(np.array(0)) == 0.0
    assert log_factorial(np.empty((2, 0), dtype=int)).shape == (2, 0)
    np.testing.assert_allclose(log_factorial(np.array([[3], [170]])), np.log([[6.0], [7.257415615307994e306]]), rtol=1e-15)
