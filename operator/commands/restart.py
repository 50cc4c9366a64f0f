"""`multicasskop restart`: restart all racks, one member after the other."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import Context, DryRun, Kubeconfig, Namespace, Timeout, Yes, duration

Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]
Value = Annotated[str, typer.Option(help="Another value than the present time.", show_default=False)]


def restart(
    name: Name,
    value: Value = "",
    namespace: Namespace = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
) -> int:
    r"""Restart all racks, one member after the other.

    \b
      multicasskop restart demo -n cassandra

    Sets spec.restart to the present time, or to --value.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Order, carry_out

    order = Order(name, namespace, context, kubeconfig, duration(timeout), yes, dry_run)
    return carry_out(order, lambda parent, home: edits.restart(parent, home.clock.now(), value))
