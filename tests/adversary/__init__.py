"""Random models, what is asked of them, and whether the answers are within what permsym says of their errors.

generator   models of every class, as the text that makes them
judge       each answer against an oracle that shares no code
table       what came of it, class by class
"""
