"""Makes the benchmarks importable for their tests without leaving the repository's root on the path."""

import importlib
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])

sys.path.insert(0, ROOT)
try:
    importlib.import_module("bench.measure")
    importlib.import_module("bench.report")
finally:
    sys.path.remove(ROOT)
