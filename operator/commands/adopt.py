"""`multicasskop adopt`: take over a child that differs from what is wanted."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import Context, DryRun, Kubeconfig, Namespace, Timeout, Yes, duration

Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]
Member = Annotated[str, typer.Argument(help="The member.")]


def adopt(
    name: Name,
    member: Member,
    namespace: Namespace = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
) -> int:
    r"""Take over a member's child although it differs from what is wanted; it is then changed.

    \b
      multicasskop plan demo -n cassandra --live
      multicasskop adopt demo eu-north -n cassandra

    Sets the annotation multicasskop.db.orange.com/adopt: <member>.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Order, carry_out, known_member

    order = Order(name, namespace, context, kubeconfig, duration(timeout), yes, dry_run)
    return carry_out(order, lambda parent, home: edits.by_member("adopt", parent, known_member(parent, member)))
