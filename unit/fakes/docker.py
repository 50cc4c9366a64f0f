"""A docker command that plays an engine: it writes down what it is asked, and answers as it was told."""

import json
from dataclasses import dataclass
from pathlib import Path

SCRIPT = r"""#!/usr/bin/env python3
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
asked = sys.argv[1:]
with (folder / "asked").open("a") as log:
    log.write(json.dumps({"asked": asked, "buildkit": os.environ.get("DOCKER_BUILDKIT")}) + "\n")
images = (folder / "images").read_text().split()
refused = json.loads((folder / "refused").read_text())
if asked[0] in refused:
    sys.exit(refused[asked[0]])
if asked[:2] == ["image", "inspect"] and asked[-1] not in images:
    sys.exit("Error: No such image: " + asked[-1])
made = {"build": asked[asked.index("--tag") + 1] if "--tag" in asked else "", "pull": asked[-1], "import": asked[-1]}
(folder / "images").write_text("\n".join([*images, made.get(asked[0], "")]))
answers = json.loads((folder / "answers").read_text())
print(next((text for part, text in answers.items() if part in " ".join(asked)), "step after step"))
"""


@dataclass(frozen=True)
class Engine:
    """What the command was asked, what images there are, and which commands it refuses with which words."""

    folder: Path

    def have(self, *images: str) -> None:
        """Give it images."""
        (self.folder / "images").write_text("\n".join(images))

    def refuse(self, **words: str) -> None:
        """Let commands fail: `refuse(pull="no route to host")`."""
        (self.folder / "refused").write_text(json.dumps(words))

    def answer(self, **texts: str) -> None:
        """What is printed for commands in which a text stands: `answer(**{"ps -a": "node"})`."""
        (self.folder / "answers").write_text(json.dumps(texts))

    def asked(self, *commands: str) -> list[list[str]]:
        """The arguments of each call of these commands."""
        lines = (self.folder / "asked").read_text().splitlines() if (self.folder / "asked").exists() else []
        return [found["asked"] for found in map(json.loads, lines) if found["asked"][0] in commands]

    def buildkit(self) -> set[str | None]:
        """What DOCKER_BUILDKIT was in all builds."""
        lines = map(json.loads, (self.folder / "asked").read_text().splitlines())
        return {found["buildkit"] for found in lines if found["asked"][0] == "build"}


def start(folder: Path) -> Engine:
    """Put the command into a folder, which the path shall begin with; there are no images and no buildx."""
    folder.mkdir()
    command = folder / "docker"
    command.write_text(SCRIPT)
    command.chmod(0o755)
    found = Engine(folder)
    found.have()
    found.answer()
    found.refuse(buildx="docker: unknown command")
    return found
