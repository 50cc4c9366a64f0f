"""Who follows something is told when it looks different, and of the last look in any case."""

import threading

from fakes.exchange import PATIENCE
from fakes.wire import Background
from multicasskop.informers.news import News


def test_only_what_is_new_is_told() -> None:
    """Followers are told of what looks different from what they know, and not of anything twice."""
    seen, told = ["good"], list[str]()
    news = News(lambda: seen[0], "good")
    news.follow(lambda: told.append(seen[0]))
    for seen[0] in ("good", "bad", "bad", "good"):
        news.look()
    assert told == ["bad", "good"]


def test_nobody_is_told_after_the_end() -> None:
    """Who is let go of hears nothing more."""
    seen, told = ["good"], list[str]()
    news = News(lambda: seen[0], "good")
    news.follow(lambda: told.append(seen[0]))
    news.end()
    seen[0] = "bad"
    news.look()
    assert told == []


def test_old_look_does_not_hide_a_new_one() -> None:
    """What changes while somebody looks is told by the one who looks, nobody waits, and the way back is told too."""
    seen, told = ["good"], list[str]()
    looking, go_on = threading.Event(), threading.Event()

    def look() -> str:
        """Take a look, and be slow to come back with it."""
        found = seen[0]
        looking.set()
        assert go_on.wait(PATIENCE)
        return found

    news = News(look, "good")
    news.follow(lambda: told.append(seen[0]))
    slow = Background(news.look)
    assert looking.wait(PATIENCE)
    seen[0] = "bad"
    Background(news.look).outcome(1.0)
    go_on.set()
    slow.outcome()
    assert told == ["bad"]
    seen[0] = "good"
    news.look()
    assert told == ["bad", "good"]


def test_follower_may_look() -> None:
    """A follower that changes what it is told of is told of that in turn, one after the other."""
    seen, told = ["good"], list[str]()

    def follow() -> None:
        """Mend what is bad."""
        told.append(seen[0])
        if seen[0] == "bad":
            seen[0] = "good"
            news.look()
            assert told == ["bad"]

    news = News(lambda: seen[0], "good")
    news.follow(follow)
    seen[0] = "bad"
    news.look()
    assert told == ["bad", "good"]
