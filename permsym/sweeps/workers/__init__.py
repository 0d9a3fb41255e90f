"""Who computes a plan's tasks: this process, worker processes, a Dask cluster."""
