"""`multicasskop approve`: let the next member have the present generation."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import Context, DryRun, Kubeconfig, Namespace, Timeout, Yes, duration

Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]
Member = Annotated[str, typer.Argument(help="The member.")]


def approve(
    name: Name,
    member: Member,
    namespace: Namespace = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
) -> int:
    r"""Let a member have the present generation, with spec.rollout.approval: Manual.

    \b
      multicasskop approve demo eu-north -n cassandra

    Sets the annotation multicasskop.db.orange.com/approve: <member>@<generation>.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Order, carry_out, known_member

    order = Order(name, namespace, context, kubeconfig, duration(timeout), yes, dry_run)
    return carry_out(order, lambda parent, home: edits.approve(parent, known_member(parent, member)))
