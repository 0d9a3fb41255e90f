"""The engine of quantum trajectories: Kraus operators on \\|j, m> (x) centre, a compiled loop, chains."""

from permsym.unravelling.engine.chain import UPPER, Chain, Observable, Prepared, Record, operator_of, prepare

__all__ = ["UPPER", "Chain", "Observable", "Prepared", "Record", "operator_of", "prepare"]
