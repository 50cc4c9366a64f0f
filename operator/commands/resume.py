"""`multicasskop resume`: go on after a pause or a halt."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import Context, DryRun, Kubeconfig, Namespace, Timeout, Yes, duration

Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]
Generation = Annotated[int | None, typer.Option(help="The generation that halted; by default the present one.")]


def resume(
    name: Name,
    generation: Generation = None,
    namespace: Namespace = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
) -> int:
    r"""Go on after a pause, or after a rollout halted.

    \b
      multicasskop resume demo -n cassandra
      multicasskop resume demo --generation 15

    Takes spec.paused away; after a halt it sets the annotation multicasskop.db.orange.com/resume.
    """
    from multicasskop.operator import edits
    from multicasskop.operator.editing import Order, carry_out

    order = Order(name, namespace, context, kubeconfig, duration(timeout), yes, dry_run)
    return carry_out(order, lambda parent, home: edits.resume(parent, generation))
