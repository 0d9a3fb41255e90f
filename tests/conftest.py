"""A parent that ignores interrupts, such as a shell's background job, must not make the tested processes ignore them."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
