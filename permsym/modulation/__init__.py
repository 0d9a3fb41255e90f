"""Coefficients that change in time: names -> functions of time -> coefficients of a model's terms."""
