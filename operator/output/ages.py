"""Times as people read them: `4m12s`, `31d`."""

from datetime import UTC, datetime

DAY = 86_400


def age(seconds: float) -> str:
    """A duration in its two largest units, in one from ten days on; below ten seconds with a tenth."""
    if 0 <= seconds < 10:
        return f"{seconds:.1f}s"
    whole = max(0, int(seconds))
    if whole >= 10 * DAY:
        return f"{whole // DAY}d"
    sizes = (("d", DAY), ("h", 3600), ("m", 60), ("s", 1))
    name, size = next(((name, size) for name, size in sizes if whole >= size), ("s", 1))
    smaller = {"d": ("h", 3600), "h": ("m", 60), "m": ("s", 1)}.get(name)
    rest = f"{whole % size // smaller[1]:02d}{smaller[0]}" if smaller and whole % size >= smaller[1] else ""
    return f"{whole // size}{name}{rest.removeprefix('0') if name == 'd' else rest}"


def since(text: object, now: datetime) -> float | None:
    """Seconds from an RFC 3339 time until now; nothing when the text is none."""
    if not isinstance(text, str):
        return None
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return None
    return max(0.0, (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds())


def age_since(text: object, now: datetime) -> str:
    """The age of an RFC 3339 time, or a dash; whole seconds, since such times have no fractions."""
    seconds = since(text, now)
    return "-" if seconds is None else age(seconds).replace(".0s", "s") if seconds >= 10 else f"{int(seconds)}s"
