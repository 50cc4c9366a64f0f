"""`multicasskop release`: let a member's child go during a deletion."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import Context, DryRun, Kubeconfig, Namespace, Timeout, Yes, duration

Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]
Member = Annotated[str, typer.Argument(help="The member.")]


def release(
    name: Name,
    member: Member,
    namespace: Namespace = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
) -> int:
    r"""Let a member's child go that a deletion waits for; it stays where it is.

    \b
      multicasskop release demo us-east -n cassandra

    Sets the annotation multicasskop.db.orange.com/release: <member>.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Order, carry_out, known_member

    order = Order(name, namespace, context, kubeconfig, duration(timeout), yes, dry_run)
    return carry_out(order, lambda parent, home: edits.by_member("release", parent, known_member(parent, member)))
