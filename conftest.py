"""For all tests: their own options, and what the shell that started them may have taken away.

A shell starts background jobs with SIGINT ignored, and children inherit that; tests that interrupt programs need it.
"""

import signal

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tiers be chosen, and insisted on."""
    text = "run end-to-end tests of this tier only (repeatable), and fail when it cannot be had: planes, kind"
    parser.addoption("--tier", action="append", default=[], choices=("planes", "kind"), help=text)
    text = "run this plan file alone, under all of its workloads (repeatable)"
    parser.addoption("--plan", action="append", default=[], metavar="FILE", help=text)
    parser.addoption("--slice", default="1/1", metavar="K/N", help="of the long campaign, run the K-th of N parts")
