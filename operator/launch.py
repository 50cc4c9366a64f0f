"""`multicasskop run` from settings to exit code: logs, parts, signals, and the last word."""

import os
import platform
import signal
import sys
from collections.abc import Mapping
from functools import partial
from random import SystemRandom
from types import FrameType
from typing import Final

import structlog
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.metrics import Metrics
from multicasskop.operator import allocator, collector
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.logs import configure_logs
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.process import End, Inbox, Process
from multicasskop.operator.settings import Settings
from multicasskop.operator.version import version

log = structlog.get_logger("process")
# How long a thread may compute while others wait: Python's own 5 ms, times as many workers as are busy after a start,
# would be what every answer of a member waits for.
TURN_SECONDS: Final = 0.001
SIGNALS: Final = {signal.SIGTERM: ExitCode.OK, signal.SIGINT: ExitCode.INTERRUPTED}


def run_operator(settings: Settings, warnings: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Run the operator until a signal, a lost lease or a defect ends it; returns the exit code."""
    clock, inbox = SystemClock(), Inbox()
    registry, metrics = new_metrics(settings.service)
    counted = partial(_count, metrics)
    level = configure_logs(settings.log_level, settings.log_format, clock, counted=counted)
    log.info("starting", version=version(), python=platform.python_version(), pid=os.getpid(), config="flags+env")
    for warning in warnings:
        log.warning("setting passed over", error=warning)
    from multicasskop.operator.parts import OperatorParts

    collector.settle()
    allocator.settle()
    sys.setswitchinterval(TURN_SECONDS)
    listen(inbox)
    signal.signal(signal.SIGUSR1, lambda *_: level.toggle_debug())
    parts = OperatorParts(
        settings, environment, inbox, metrics=metrics, registry=registry, clock=clock, random=SystemRandom()
    )
    code = last_word(Process(parts, inbox).run())
    if parts.supervisor.running():
        # a thread that hangs would keep the interpreter for ever; all that could be done for it has been done
        sys.stderr.flush()
        os._exit(code)
    return code


def _count(metrics: Metrics, level: str) -> None:
    metrics.inc("log_messages_total", level=level)


def listen(inbox: Inbox) -> None:
    """The first signal ends the process in order, the second one at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        """Ask for the end once; a second signal ends the process at once."""
        name = signal.Signals(number)
        signal.signal(signal.SIGTERM, at_once)
        signal.signal(signal.SIGINT, at_once)
        inbox.put(End(f"signal {name.name}", SIGNALS[name]))

    for number in SIGNALS:
        signal.signal(number, handle)


def at_once(number: int, frame: FrameType | None) -> None:
    """Leave without another word."""
    os._exit(128 + number)


def last_word(end: End) -> int:
    """Say in the last line why the process ended, and give its exit code."""
    match end.error:
        case CommandError() as error:
            log.error("stopped", code=error.code, error=error.message, next=error.hint)
        case None if end.code in SIGNALS.values():
            log.info("stopped", reason=end.reason)
        case error:
            log.error("stopped", reason=end.reason, exc_info=error)
    return int(end.code)
