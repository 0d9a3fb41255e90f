"""Random models, what is asked of them, and whether the answers are within what permsym says of their errors.

generator   models of every class, as the text that makes them
judge       each answer against an oracle that shares no code
two_times   answers that have a delay or a frequency
proved      bounds, and what is inside them
verdict     what is wrong with one answer
table       what came of it, class by class
"""
