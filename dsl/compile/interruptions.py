"""What may come instead of an answer to a bot's question: a wish to talk to a person, and a question that the knowledge
base answers (flow-format.md §7, §11.1, §12)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dsl.bots import may_escalate
from dsl.compile.builder import Block
from dsl.load.bots import MOST_ANSWERS
from dsl.model import Form, Value

if TYPE_CHECKING:
    from dsl.compile.bots import Question

SEARCH = "search_knowledge"
"""What the conversation's port is asked for."""
AGENT_REQUESTED = "AgentRequestedByUser"
"""Why a bot ends whose caller wants to talk to a person."""
_NOTHING: ast.expr = ast.Tuple([], ast.Load())


def escalate(q: Question, no_match: Block) -> None:
    """A caller who wants to talk to a person is asked whether that is so, told of it, and leaves the bot; who does not
    want it after all has said nothing that the question understands."""
    b = q.b
    if not may_escalate(q.b.flow):
        return
    wanted, on = b.block(), b.block()
    enabled = b.value(b.flow.settings["bot.enableAgentEscalation"])
    wants = b.call("wants_agent", b.prefix, q.kind, q.subject(), enabled, b.read(q.text))
    b.branch(wants, wanted.number, on.number)
    b.enter(wanted)
    _confirm_escalation(q, no_match)
    q.c.hear(q.site, b.flow.settings.get("bot.agentEscalationHandover"))
    b.done(q.site, ast.Constant(AGENT_REQUESTED))
    leave_for(q, b.flow.settings.get("bot.agentEscalationTask"), AGENT_REQUESTED)
    b.enter(on)


def _confirm_escalation(q: Question, no_match: Block) -> None:
    """Without a confirmation, or with one that is NOT_SET, nobody is asked."""
    b = q.b
    question = b.flow.settings.get("bot.agentEscalationConfirmation")
    if not isinstance(question, Value) or question.form is Form.NO_VALUE:
        return
    asking, listening, rejected, unclear, agreed = (b.block() for _ in range(5))
    b.write(q.answer, b.value(question))
    b.branch(b.call("is_filled", b.read(q.answer)), asking.number, agreed.number)
    b.enter(asking)
    b.do("hear", q.site, b.read(q.answer))
    b.leave(listening.number)
    b.enter(listening)
    q.listen("escalate")
    b.write(q.answer, b.call("agreed", b.prefix, b.read(q.rejections), b.read(q.unclear)))
    q.follow(q.answer, {"yes": agreed, "no_match": unclear, "no_input": unclear}, rejected)
    b.enter(unclear)
    q.counted(q.unclear)
    q.apologise("confirmationNoMatchApology")
    b.leave(listening.number)
    b.enter(rejected)
    q.apologise("noToConfirmationApology")
    b.write(q.path, b.call("validated", b.prefix, ast.Constant(value=False), b.read(q.misses)))
    q.follow(q.path, {"no_match": no_match}, q.over)
    b.enter(agreed)


def look_up(q: Question) -> None:
    """What an intent does not answer, or not surely, is a question to the knowledge base.

    What that knows takes the question's own output; without one, the task of the settings, or it is told and the
    question is asked again.
    """
    b, settings = q.b, q.b.flow.settings
    has_output = q.action.output("knowledge") is not None
    if not has_output and ("knowledge.name" not in settings or q.kind == "intent"):
        return
    search, known, on = b.block(), b.block(), b.block()
    b.branch(b.call("asks_knowledge", b.prefix, b.read(q.path), b.read(q.text)), search.number, on.number)
    b.enter(search)
    inputs = {"question": b.read(q.text), "knowledgeBase": ast.Constant(settings.get("knowledge.name"))}
    inputs["maxAnswers"] = b.value(settings.get("knowledge.maxNumOfAnswersReturned"), MOST_ANSWERS)
    asked = ast.Dict([ast.Constant(name) for name in inputs], list(inputs.values()))
    outputs = ast.Tuple([ast.Constant("knowledge")], ast.Load())
    q.c.wait(
        q.action.element,
        q.site,
        lambda resume: b.call("ask", q.site, resume, "conversation", SEARCH, asked, outputs),
        phase="knowledge",
    )
    b.branch(b.call("knows"), known.number, on.number)
    b.enter(known)
    target = q.settings.get("knowledgeSearchResult")
    if target:
        b.changed(q.site, [b.binding(target, b.call("output", "knowledgeSearchResult"))])
    _answer(q, on, has_output=has_output)
    b.enter(on)


def _answer(q: Question, on: Block, *, has_output: bool) -> None:
    b, settings = q.b, q.b.flow.settings
    entry = q.c.entry(settings.get("knowledge.task"))
    if has_output:
        b.write(q.path, ast.Constant("knowledge"))
        b.leave(on.number)
    elif settings.get("knowledge.task") is not None and entry is not None:
        b.done(q.site, ast.Constant("knowledge"))
        leave_for(q, settings["knowledge.task"], "")
    else:
        q.c.hear(q.site, settings.get("knowledge.knowledgeInitialResponseSingle"))
        b.do("hear", q.site, b.call("output", "answer"))
        q.c.hear(q.site, settings.get("knowledge.knowledgeInitialResponseFollowup") or q.settings.get("question"))
        b.leave(q.asking.number)


def leave_for(q: Question, element: str | None, reason: str) -> None:
    """Go to a task of the bot and do not come back; without one the bot ends."""
    b, entry = q.b, q.c.entry(element)
    if element is not None and entry is not None:
        b.leave(b.call("jump", entry, q.c.number(element), _NOTHING))
    else:
        b.leave(b.call("leave_bot", reason))
