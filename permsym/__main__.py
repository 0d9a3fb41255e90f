"""``python -m permsym``."""

import sys

if __name__ == "__main__":
    try:
        from permsym.cli import main

        code = main()
    except KeyboardInterrupt:  # while the command line loads, or while it says that it was interrupted
        code = 130
    sys.exit(code)
