"""What a model's terms conserve, read off the terms: which coherences appear, U(1) charges, charges modulo k.

smith -> actions -> classes -> words
"""
