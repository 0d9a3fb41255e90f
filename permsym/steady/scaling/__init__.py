"""What a small system says about a large one with the same intensive (mean-field) parameters, see :meth:`Model.rescaled`.

With extensive Hamiltonian and rates the populations obey large deviations, P_N(x) ~ exp(-N phi(x / N)), so that

    ln P_N(x) = (N / N') ln P_N'(x N' / N)        (relative to the largest)

for the collective spin, the photon number, or both.  Every function here that predicts is called predict_...; a small system is
solved by whoever asks, or on the full basis.
"""
