"""`multicasskop doctor`: what is wrong, looked for from home outwards."""

import os
import sys
import threading
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from multicasskop.operator.commands.flags import Color, Context, Kubeconfig, NoUnicode, Timeout, duration, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from multicasskop.informers.clock import Clock
    from multicasskop.operator.access import Access
    from multicasskop.operator.doctor.check import Category

Output = Literal["text", "json"]
AGAIN_SECONDS = 2.0


def doctor(
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", metavar="NAME", help="The operator's namespace.", show_default=False)
    ] = "",
    output: Annotated[Output, typer.Option("-o", "--output", help="text or json.")] = "text",
    member: Annotated[
        str, typer.Option("--member", metavar="NAME", help="Ask this member only.", show_default=False)
    ] = "",
    only: Annotated[
        Literal["", "home", "members", "rights", "rings", "between"],
        typer.Option("--only", help="One category.", show_default=False),
    ] = "",
    wait: Annotated[str, typer.Option("--wait", metavar="DURATION", help="Look again until nothing fails.")] = "",
    short: Annotated[bool, typer.Option("--short", help="Only what is not good, and the counts.")] = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    color: Color = "auto",
    no_unicode: NoUnicode = False,
) -> int:
    r"""What is wrong: home, members, rights, rings, and what only all of them show.

    \b
      multicasskop doctor -n casskop-system
      multicasskop doctor -n casskop-system --short    only what is not good
      multicasskop doctor --member eu-north --only rights
      multicasskop doctor --wait 2m                    until nothing fails, after an installation

    Asks home with your context, and each member with the credentials of its Secret, side by side. Exit code 1 when a
    check failed. Never writes, but for questions about rights.
    """
    from multicasskop.informers.clock import SystemClock
    from multicasskop.operator.doctor.show import every, lines
    from multicasskop.operator.logs import configure_logs

    clock = SystemClock()
    configure_logs("error", "text", clock)
    began = clock.monotonic()
    limit, patience = duration(timeout), duration(wait) if wait else 0.0
    found = once(clock, kubeconfig, context, namespace, limit, member, only)
    while any(check.failed for check in every(found)) and clock.monotonic() - began < patience:
        clock.sleep(threading.Event(), AGAIN_SECONDS)
        found = once(clock, kubeconfig, context, namespace, limit, member, only)
    if output == "json":
        write_document(found)
    else:
        write(list(lines(found, clock.monotonic() - began, short=short)), color, ascii_only=no_unicode)
    return int(any(check.failed for check in every(found)))


def once(
    clock: "Clock", kubeconfig: str, context: str, namespace: str, limit: float, member: str, only: str
) -> "tuple[Category, ...]":
    """Look at everything one time, within the limit in seconds; raises CommandError."""
    from multicasskop.informers.deadline import Deadline
    from multicasskop.operator.access import Contexts

    home = Contexts(kubeconfig, clock, Deadline(clock, limit), os.environ).open("home", context, "home")
    return examined(home, namespace or home.credentials.namespace or "default", clock, member, only)


def examined(
    home: "Access", namespace: str, clock: "Clock", member: str = "", only: str = ""
) -> "tuple[Category, ...]":
    """Ask all, or one member, and judge what was seen; raises CommandError when home does not tell.

    Also when no Secret registers that member.
    """
    from multicasskop.informers.errors import InformerError
    from multicasskop.operator.doctor.between import between
    from multicasskop.operator.doctor.home import home as of_home
    from multicasskop.operator.doctor.members import members
    from multicasskop.operator.doctor.rights import rights
    from multicasskop.operator.doctor.rings import rings
    from multicasskop.operator.doctor.seen import look_home, look_members
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    try:
        seen, secrets = look_home(home, namespace)
    except InformerError as error:
        raise home.explain(error, "Nobody else was asked") from error
    finally:
        home.close()
    chosen = [each for each in secrets if member in ("", each.name)]
    if member and not chosen:
        names = ", ".join(each.name for each in secrets) or "none"
        raise CommandError(ExitCode.NOT_FOUND, f"no Secret registers a member {member} (registered: {names})")
    others, now = look_members(chosen, clock, home.deadline.left()), clock.now()
    categories: dict[str, Callable[[], Category]] = {
        "home": lambda: of_home(seen, now),
        "members": lambda: members(others, now),
        "rights": lambda: rights(others),
        "rings": lambda: rings(seen),
        "between": lambda: between(seen, others, resolves),
    }
    return tuple(look() for name, look in categories.items() if only in ("", name))


def resolves(name: str) -> bool:
    """Whether a name leads anywhere, as seen from this machine."""
    import socket

    try:
        return bool(socket.getaddrinfo(name, None))
    except (OSError, UnicodeError):
        return False


def write_document(found: "tuple[Category, ...]") -> None:
    """Write the result as one JSON document to stdout."""
    from multicasskop.operator.doctor.show import document_of, every
    from multicasskop.operator.output.document import as_json, document

    body = {"ok": not any(check.failed for check in every(found)), "categories": list(map(document_of, found))}
    sys.stdout.write(as_json(document("DoctorReport", body)) + "\n")
