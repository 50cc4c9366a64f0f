"""For all tests: what the shell that started them may have taken away.

A shell starts background jobs with SIGINT ignored, and children inherit that; tests that interrupt programs need it.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
