"""One fault at each system call of some commands: ``python benchmarks/attack_faults.py SECONDS SEED [everywhere]``.

On the files of a run, or on all that it opens.  Prints a table of what went wrong; exit code 1 where anything
did.  Linux with a C compiler only.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the same permsym here and in the processes
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import faults

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        environment = faults.preloaded(Path(folder))
        if environment is None:
            sys.exit("needs Linux and a C compiler")
        words = [sys.executable, faults.__file__, folder, *sys.argv[1:3], "1000000", *sys.argv[3:]]
        sys.exit(subprocess.run(words, env=environment, check=False).returncode)
