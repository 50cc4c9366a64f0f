"""Golden files: outputs as they were read and found good. `GOLDEN=write pytest …` writes them anew, for review."""

import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "golden"


def agrees(name: str, text: str) -> None:
    """Fail unless the text is what the golden file of this name holds."""
    path = FOLDER / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"{path.name} differs; GOLDEN=write takes the new text over"
