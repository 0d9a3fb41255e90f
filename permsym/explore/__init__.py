"""The live page of ``permsym explore``: a server on 127.0.0.1, processes that compute, and one page of plain JavaScript.

page (browser)  --websocket-->  Tab: what is asked, in which order  -->  Lane: one process, cancelled by ending it  -->  jobs

What the page shows are points of sweeps, computed as ``permsym run`` computes them: command, Python and dataset follow from the sweep.
"""
