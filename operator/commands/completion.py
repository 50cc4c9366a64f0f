"""`multicasskop completion`: the script with which a shell completes verbs and flags."""

import sys
from typing import Annotated, Literal

import typer


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="bash, zsh or fish.")]) -> int:
    r"""The script with which a shell completes verbs and flags.

    \b
      source <(multicasskop completion bash)                            for this shell
      multicasskop completion zsh > "${fpath[1]}/_multicasskop"         for all to come
      multicasskop completion fish > ~/.config/fish/completions/multicasskop.fish

    `kubectl mck` is completed by kubectl itself, which finds kubectl_complete-mck beside kubectl-mck.
    """
    from multicasskop.operator.completion import script

    sys.stdout.write(script(shell) + "\n")
    return 0
