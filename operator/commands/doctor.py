"""`multicasskop doctor`: what is wrong, looked for from home outwards."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from multicasskop.operator.commands.flags import Color, Context, Kubeconfig, NoUnicode, Timeout, duration, write

if TYPE_CHECKING:
    from multicasskop.informers.clock import Clock
    from multicasskop.operator.access import Access
    from multicasskop.operator.doctor.check import Category

Output = Literal["text", "json"]


def doctor(
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", metavar="NAME", help="The operator's namespace.", show_default=False)
    ] = "",
    output: Annotated[Output, typer.Option("-o", "--output", help="text or json.")] = "text",
    short: Annotated[bool, typer.Option("--short", help="Only what is not good, and the counts.")] = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    color: Color = "auto",
    no_unicode: NoUnicode = False,
) -> int:
    r"""What is wrong: home, members, rights, and what only all of them show.

    \b
      multicasskop doctor -n casskop-system
      multicasskop doctor -n casskop-system --short    only what is not good

    Asks home with your context, and each member with the credentials of its Secret, side by side. Exit code 1 when a
    check failed. Never writes, but for questions about rights.
    """
    from multicasskop.informers.clock import SystemClock
    from multicasskop.informers.deadline import Deadline
    from multicasskop.operator.access import Contexts
    from multicasskop.operator.doctor.show import every, lines
    from multicasskop.operator.logs import configure_logs

    clock = SystemClock()
    configure_logs("error", "text", clock)
    began = clock.monotonic()
    home = Contexts(kubeconfig, clock, Deadline(clock, duration(timeout)), os.environ).open("home", context, "home")
    found = examined(home, namespace or home.credentials.namespace or "default", clock)
    if output == "json":
        write_document(found)
    else:
        write(list(lines(found, clock.monotonic() - began, short=short)), color, ascii_only=no_unicode)
    return int(any(check.failed for check in every(found)))


def examined(home: "Access", namespace: str, clock: "Clock") -> "tuple[Category, ...]":
    """Ask all, and judge what was seen; raises CommandError when home does not tell."""
    from multicasskop.informers.errors import InformerError
    from multicasskop.operator.doctor.between import between
    from multicasskop.operator.doctor.home import home as of_home
    from multicasskop.operator.doctor.members import members
    from multicasskop.operator.doctor.rights import rights
    from multicasskop.operator.doctor.seen import look_home, look_members

    try:
        seen, secrets = look_home(home, namespace)
    except InformerError as error:
        raise home.explain(error, "Nobody else was asked") from error
    finally:
        home.close()
    others = look_members(secrets, clock, home.deadline.left())
    return of_home(seen), members(others, clock.now()), rights(others), between(seen, others, resolves)


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
