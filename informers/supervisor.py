"""The owner of all threads."""

import threading
from collections.abc import Callable
from time import monotonic

import structlog

FailureCallback = Callable[[str, BaseException], None]

_log = structlog.get_logger("multicasskop.supervisor")


class Supervisor:
    """Starts every thread, knows which of them still run, and notices the first that dies.

    Threads are named and not daemons: the process ends when they have ended, and not before. A thread that ends with
    an exception it should have handled itself is a bug; the first one is kept in `failure`, sets `failed` and is told
    to the callbacks, so that the process can stop in good order. May be used from any thread.
    """

    def __init__(self) -> None:
        """Begin without threads."""
        self.failed = threading.Event()
        self.failure: tuple[str, BaseException] | None = None
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._callbacks: list[FailureCallback] = []

    def spawn(self, name: str, target: Callable[..., object], *args: object) -> threading.Thread:
        """Start and return a thread that runs `target(*args)`."""
        thread = threading.Thread(name=name, target=self._run, args=(name, target, args), daemon=False)
        with self._lock:
            self._threads = [known for known in self._threads if known.is_alive()]
            # under the lock: a thread in the list has been started, so that it can be joined
            thread.start()
            self._threads.append(thread)
        return thread

    def on_failure(self, callback: FailureCallback) -> None:
        """Call `callback(thread's name, exception)` at the first failure, in that thread; at once if it has been."""
        with self._lock:
            self._callbacks.append(callback)
            failure = self.failure
        if failure is not None:
            callback(*failure)

    def running(self) -> tuple[str, ...]:
        """Return the names of the threads that have not ended."""
        with self._lock:
            return tuple(thread.name for thread in self._threads if thread.is_alive())

    def join_all(self, timeout: float) -> tuple[str, ...]:
        """Wait at most `timeout` seconds of real time, and return the names of the threads that still run then."""
        end = monotonic() + timeout
        with self._lock:
            threads = tuple(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - monotonic()))
        return self.running()

    def _run(self, name: str, target: Callable[..., object], args: tuple[object, ...]) -> None:
        try:
            target(*args)
        except BaseException as error:  # noqa: BLE001  whatever it is, this thread is gone, and that must be known
            self._report(name, error)

    def _report(self, name: str, error: BaseException) -> None:
        _log.critical("thread died", thread=name, exc_info=error)
        with self._lock:
            first, callbacks = self.failure is None, tuple(self._callbacks)
            if first:
                self.failure = name, error
        self.failed.set()
        if first:
            for callback in callbacks:
                callback(name, error)
