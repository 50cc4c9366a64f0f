"""Makes the benchmarks importable for their tests without leaving the repository's root on the path."""

import importlib
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
MODULES = (
    *("cached", "consumer", "crowd", "decode", "engaging", "failover", "latency", "measure", "pace", "queueing"),
    *("replay", "report", "scale", "sync", "templates", "witness", "peers.go_program", "peers.official"),
)

sys.path.insert(0, ROOT)
try:
    for module in MODULES:
        importlib.import_module(f"bench.{module}")
finally:
    sys.path.remove(ROOT)
