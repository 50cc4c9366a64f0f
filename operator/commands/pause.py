"""`multicasskop pause`: write nothing any more for a MultiCasskop."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import Context, DryRun, Kubeconfig, Namespace, Timeout, Yes, duration

Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]


def pause(
    name: Name,
    namespace: Namespace = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
) -> int:
    r"""Write nothing any more for a MultiCasskop, until it is resumed.

    \b
      multicasskop pause demo -n cassandra

    Sets spec.paused. What is under way in a member goes on there; deletions wait too.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Order, carry_out

    order = Order(name, namespace, context, kubeconfig, duration(timeout), yes, dry_run)
    return carry_out(order, lambda parent, home: edits.pause(parent))
