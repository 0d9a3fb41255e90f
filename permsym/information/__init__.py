"""What a state, its light, or counted photons tell about a parameter: Fisher information."""
