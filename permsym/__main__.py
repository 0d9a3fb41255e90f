"""``python -m permsym``."""

import sys

from permsym.cli import main

if __name__ == "__main__":
    sys.exit(main())
