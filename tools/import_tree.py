"""Make build/tree/multicasskop/<name> -> <folder>, links that mypy and import-linter can follow.

Neither sees an editable install that maps folders to dotted names; both read this tree. The mapping itself is written
once, in setup.cfg, and read from there.
"""

import configparser
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "build" / "tree"


def mapping(setup_cfg: Path) -> dict[str, str]:
    """Dotted package name -> folder, as package_dir in setup.cfg says."""
    parser = configparser.ConfigParser()
    parser.read(setup_cfg)
    lines = parser["options"]["package_dir"].strip().splitlines()
    pairs = (line.split("=", 1) for line in lines)
    return {dotted.strip(): folder.strip() for dotted, folder in pairs}


def make_tree() -> None:
    """Replace the tree by fresh links."""
    shutil.rmtree(TREE, ignore_errors=True)
    for dotted, folder in mapping(ROOT / "setup.cfg").items():
        link = TREE.joinpath(*dotted.split("."))
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT / folder, target_is_directory=True)


if __name__ == "__main__":
    make_tree()
