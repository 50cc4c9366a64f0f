"""All that has to do with who is a member, put together: roster, Secrets, what is told of them, tokens."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.members.live import LiveMembers
from multicasskop.operator.members.roster import MakeCluster, Roster
from multicasskop.operator.members.secret_news import Recording, SecretNews
from multicasskop.operator.members.secrets import SecretBook
from multicasskop.operator.members.source import spoken_for
from multicasskop.operator.members.token_renewal import TokenRenewal
from multicasskop.operator.settings import Settings
from multicasskop.reconcilers.traces import Traces

SECRETS_SECONDS: Final = 10.0


class Membership:
    """The members of a running operator. `came` and `went` are told of those that come and go while it runs.

    `prepare` is given each of them but home before anybody can find it.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        clusters: Clusters,
        make: MakeCluster,
        *,
        prepare: Callable[[Cluster], None],
        came: Callable[[Cluster], None],
        went: Callable[[str], None],
        clock: Clock,
        metrics: Metrics,
        supervisor: Supervisor,
        traces: Traces,
    ) -> None:
        self._watches_secrets, book = settings.member_secrets, SecretBook(partial(spoken_for, settings))
        self.news = SecretNews(book)
        self._roster = Roster(
            settings,
            environment,
            clusters,
            make,
            clock=clock,
            metrics=metrics,
            supervisor=supervisor,
            traces=traces,
            prepare=prepare,
            watched=book.holder,
            tell=self.news.credentials,
        )
        flagged = settings.remotes
        self._live = LiveMembers(book, self._roster, clusters, self.news, came=came, went=went, flagged=flagged)
        share, about = settings.renew_tokens_at, (book, self._roster, clusters, self.news)
        self._tokens = TokenRenewal(*about, share=share, clock=clock, metrics=metrics, supervisor=supervisor)

    @property
    def namespace(self) -> str:
        """The operator's own; known once home is."""
        return self._roster.namespace

    def add_home(self) -> Cluster:
        """Register home, not engaged yet; raises CommandError when it cannot be used."""
        return self._roster.add_home()

    def watch(self, home: Cluster) -> None:
        """Let Secrets in home register members from now on, if somebody opted in."""
        if self._watches_secrets:
            self._live.watch(home, self.namespace)

    def add_remotes(self, ended: Callable[[float], bool]) -> tuple[Cluster, ...]:
        """Register the members of the flags, not engaged yet, behind those that have a Secret by now."""
        self._live.wait(ended, SECRETS_SECONDS)
        return self._roster.add_remotes()

    def follow(self) -> None:
        """Follow changes of the credentials of all members but home."""
        self._roster.watch_credentials()

    def lead(self, recorder: Recording) -> None:
        """Do what only a leader does: tell of Secrets, and renew their tokens."""
        self.news.lead(recorder)
        if self._watches_secrets:
            self._tokens.start()

    def ask_stop(self) -> None:
        """Renew no more tokens, without waiting."""
        self._tokens.ask_stop()

    def stop(self) -> None:
        """Let nobody come or go any more, and follow nothing."""
        self._live.stop()
        self._roster.stop()

    def join(self) -> None:
        """Wait for what was under way; all calls have been ended by now."""
        self._tokens.stop()
