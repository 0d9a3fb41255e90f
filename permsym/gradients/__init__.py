"""Derivatives with respect to a model's parameters, and fits of parameters to data.

    slopes of coefficients -> (on_elements | on_blocks) -> gradient -> fitting;  differences of whole answers beside

With L rho = 0, tr rho = 1:      L drho = -(dL/d theta) rho,    tr drho = 0,    d<c>/d theta = c . drho
"""
