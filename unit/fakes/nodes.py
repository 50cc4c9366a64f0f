"""Nodes that answer questions from a table, for what asks them through `ask`."""

import threading
from typing import Any

from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Question


class ScriptedNode:
    """Answers what it was told to; a command without an answer is done at once. Keeps what it was asked."""

    def __init__(self, answers: dict[Any, Any] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[Any] = []

    def ask(self, question: Question[Any]) -> Any:  # noqa: ANN401  as scripted
        """The answer; AssertionError for a question that was not expected."""
        self.asked.append(question)
        assert question.is_command or question in self.answers, f"{question} was not expected"
        return self.answers.get(question)


class SlowNode(ScriptedNode):
    """Answers when a test lets it, or when it is closed."""

    def __init__(self, answers: dict[Any, Any] | None = None) -> None:
        super().__init__(answers)
        self.reached = threading.Event()
        self.go = threading.Event()
        self.closed = False

    def ask(self, question: Question[Any]) -> Any:  # noqa: ANN401  as scripted
        """Wait, then answer."""
        self.reached.set()
        assert self.go.wait(10), "nobody let the node answer"
        return Failed("timeout", "closed") if self.closed else super().ask(question)

    def close(self) -> None:
        """Let it answer that it was closed."""
        self.closed = True
        self.go.set()
