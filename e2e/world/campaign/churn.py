"""Objects that are made, changed and deleted without a pause, by a seed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Final

from multicasskop.world.api import Api
from multicasskop.world.kinds import CONFIGMAPS

NAMES: Final = 40


class Churn:
    """Makes, changes and deletes ConfigMaps of a member while its `with` block runs; its end raises what went wrong."""

    def __init__(self, api: Api, namespace: str, seed: int, pause: float = 0.02) -> None:
        self._api, self._namespace, self._pause = api, namespace, pause
        self._random, self._there = Random(f"{seed} {api.member}"), set[str]()
        self._over, self._pool = threading.Event(), ThreadPoolExecutor(1, f"churn/{api.member}")

    def __enter__(self) -> "Churn":
        self._running = self._pool.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        self._running.result()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(self._pause):
            number += 1
            self._change(f"thing-{self._random.randrange(NAMES)}", {"number": str(number)})

    def _change(self, name: str, data: dict[str, str]) -> None:
        if name not in self._there:
            self._there.add(name)
            self._api.create(CONFIGMAPS, self._namespace, {"metadata": {"name": name}, "data": data})
        elif self._random.random() < 0.3:
            self._there.remove(name)
            self._api.delete(CONFIGMAPS, self._namespace, name)
        else:
            self._api.patch(CONFIGMAPS, self._namespace, name, {"data": data})
