import numpy as np
import permsym as ps

c, s = ps.Boson(), ps.Ensemble(1)
model = ps.Model(c, s, 0.352 * c.n + 0.0635 * s.z + 0.146 * (c.ad * s.m + c.a * s.p) + 0.435 * c.ad * c.ad * c.a * c.a + -0.0875 * c.n * s.z + 0.00738 * (c.ad * c.ad * c.ad * c.ad + c.a * c.a * c.a * c.a), [
    ps.Central(1.91, c.a),
    ps.Individual(1.18, s.m),
    ps.Central(0.959, c.a * c.a),
    ps.Individual(0.583, s.z),
])
# spectra: {'of': 'z', 'right': 'ad ad', 'frequencies': ['1.48e+03'], 'near': [(16, 1.0), (17, -0.451)]}
# refused: the error estimate is 2.3e-79, above 1e-09 of the largest power 0; most of it is what the cut-off left out; give more levels
