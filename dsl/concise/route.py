"""``routeByRecord``: from record to queue, skills, priority and agents (concise-actions.md §4, expansion
§7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.actions import actions
from dsl.concise.build import NO_VALUE, Act, At, Builder, Template, assign, expression, literal
from dsl.concise.condition import Condition, read_condition
from dsl.concise.read import Reader
from dsl.concise.record import Record
from dsl.expressions.printing import quoted
from dsl.source.text import Span
from dsl.source.tree import Map, Node, Scalar, Seq

MOST_SKILLS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: queue and priority; a rule has a condition besides."""

    queue: Template
    priority: Template
    condition: Condition | None
    span: Span


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill as an expression, asked for when its condition holds."""

    skill: str
    condition: Condition | None
    span: Span


@dataclass(frozen=True, slots=True)
class RouteByRecord:
    """The action as read; ``computed_skills`` stands for a collection that is known at run time only."""

    rules: tuple[Target, ...]
    default: Target | None
    language: Template | None
    skills: tuple[Skill, ...]
    computed_skills: Map | None
    agents: tuple[str, ...]
    computed_agents: Map | None
    say: Template
    outputs: Mapping[str, Map]


def read(body: Map, reader: Reader, record: Record) -> RouteByRecord:
    """Read the action's mapping; what is missing has been reported and is left out."""
    reader.keys(body, "routeByRecord", "routeByRecord")
    priority_node = body.get("priority")
    priority = literal(0) if priority_node is None else reader.value(priority_node)
    if priority_node is not None:
        _check_priority(priority_node, reader)
    rules = [_target(item, "rule", priority, reader, record) for item in reader.items(body.get("rules"), '"rules"')]
    default_node = body.get("default")
    language, say = body.get("language"), body.get("say")
    action = RouteByRecord(
        rules=tuple(rule for rule in rules if rule),
        default=_target(default_node, "default", priority, reader, record) if default_node else None,
        language=None if language is None else reader.value(language, name_of_entity=True),
        skills=_skills(body.get("skills"), reader, record),
        computed_skills=_computed(body.get("skills")),
        agents=_agents(body.get("preferredAgents"), reader),
        computed_agents=_computed(body.get("preferredAgents")),
        say=NO_VALUE if say is None else reader.audio(say, record),
        outputs=reader.outputs(body, "routeByRecord"),
    )
    _check_rules(action, reader)
    _check_skills(action, body, reader)
    return action


def _computed(node: Node | None) -> Map | None:
    return node if isinstance(node, Map) and len(node) == 1 and "exp" in node else None


def _target(node: Node, part: str, priority: Template, reader: Reader, record: Record) -> Target | None:
    what = "a rule" if part == "rule" else '"default"'
    body = reader.mapping(node, what)
    if body is None:
        return None
    reader.keys(body, part, what)
    queue, own_priority, when = body.get("queue"), body.get("priority"), body.get("when")
    if queue is None:
        return None
    condition = read_condition(when, reader, record) if when and part == "rule" else None
    if part == "rule" and condition is None:
        return None
    own = priority if own_priority is None else reader.value(own_priority)
    if own_priority is not None:
        _check_priority(own_priority, reader)
    return Target(reader.value(queue, name_of_entity=True), own, condition, body.span)


def _check_priority(node: Node, reader: Reader) -> None:
    """The range that transferToAcd has; what is generated computes it, so that nobody else can see it."""
    given = node.get("lit") if isinstance(node, Map) else node
    value = given.value if isinstance(given, Scalar) else None
    message = actions()["transferToAcd"].parameters["priority"].beyond(value)
    if message is not None and given is not None:
        reader.report("out-of-range", message, given.span)


def _skills(node: Node | None, reader: Reader, record: Record) -> tuple[Skill, ...]:
    if node is None or _computed(node) is not None:
        return ()
    found = []
    for item in reader.items(node, '"skills"'):
        named, when = item, None
        if isinstance(item, Map) and "exp" not in item:
            reader.keys(item, "skill", "a skill")
            named, when = item.get("skill") or item, item.get("when")
        written = named.get("exp") if isinstance(named, Map) else None
        name = written.text if isinstance(written, Scalar) else None
        if name is None:
            text = reader.text(named, "a skill")
            name = None if text is None else f"FindSkill({quoted(text)})"
        condition = read_condition(when, reader, record) if when else None
        if name is not None:
            found.append(Skill(name, condition, item.span))
    return tuple(found)


def _agents(node: Node | None, reader: Reader) -> tuple[str, ...]:
    if node is None or _computed(node) is not None:
        return ()
    found = []
    for item in reader.items(node, '"preferredAgents"'):
        written = item.get("exp") if isinstance(item, Map) else None
        text = written.text if isinstance(written, Scalar) else reader.text(item, "a user name")
        if text is not None:
            found.append(text if written is not None else quoted(text))
    return tuple(found)


def _check_rules(action: RouteByRecord, reader: Reader) -> None:
    seen: dict[str, int] = {}
    for number, rule in enumerate(action.rules, 1):
        condition = rule.condition
        if condition is None:
            continue
        earlier = seen.get(condition.text) or seen.get("")
        if earlier:
            message = f"rule {number} is never reached: rule {earlier} takes its calls"
            reader.report("rule-never-reached", message, rule.span, "change its condition or remove it")
        seen.setdefault("" if condition.always else condition.text, number)


def _check_skills(action: RouteByRecord, body: Map, reader: Reader) -> None:
    room = MOST_SKILLS - (action.language is not None)
    if len(action.skills) <= room:
        return
    counted = " (the language counts as one)" if action.language is not None else ""
    message = f"routeByRecord asks for {len(action.skills) + MOST_SKILLS - room} skills{counted}, at most five may be"
    node = body.get("skills")
    span = action.skills[room].span if isinstance(node, Seq) else body.span
    reader.report("too-many-skills", message, span, "leave out one, or merge skills that always go together")


def expand(action: RouteByRecord, builder: Builder) -> list[Node]:
    """The actions in the concise action's place."""
    acts = [_choice_of_queue(action)] if action.rules else [_by_default(action.default)] if action.default else []
    statements = _skill_statements(action) + _agent_statements(action)
    if statements:
        acts.append(Act("updateData", "skills", {"statements": statements}))
    reason: Template = {"attribute": {"name": literal("crm.route"), "value": expression("Flow.routeRule")}}
    acts.append(Act("setParticipantData", "reason", {"attributes": [reason]}))
    acts.append(_transfer(action))
    return [builder.node(act) for act in acts]


def _choice_of_queue(action: RouteByRecord) -> Act:
    cases: list[Template] = []
    for number, rule in enumerate(action.rules, 1):
        value = rule.condition.value if rule.condition else expression("false")
        case = {"value": value, "actions": [_choose(rule, f"rule {number}", str(number))]}
        cases.append(At(rule.span, {"case": case}))
    default = {"actions": [_by_default(action.default)]} if action.default else {}
    return Act("switch", "queue", {"evaluate": {"firstTrue": {"cases": cases, "default": default}}})


def _by_default(target: Target) -> Act:
    return _choose(target, "default", "default")


def _choose(target: Target, step: str, rule: str) -> Act:
    statements = [
        assign("string", "Flow.routeRule", literal(rule)),
        assign("queue", "Flow.routeQueue", target.queue),
        assign("integer", "Flow.routePriority", target.priority),
    ]
    return Act("updateData", step, {"statements": statements}, target.span)


def _skill_statements(action: RouteByRecord) -> list[Template]:
    if action.computed_skills is not None:
        most = MOST_SKILLS - (action.language is not None)
        first = ", ".join(f"GetAt(Flow.routeSkillsAsked, {index})" for index in range(most))
        text = f"If(Count(Flow.routeSkillsAsked) > {most}, MakeList({first}), Flow.routeSkillsAsked)"
        return [
            assign("skillCollection", "Flow.routeSkillsAsked", action.computed_skills),
            assign("skillCollection", "Flow.routeSkills", expression(text)),
        ]
    if not action.skills:
        return []
    empty = assign("skillCollection", "Flow.routeSkills", expression("MakeEmptyList(ToSkill(NOT_SET))"))
    statements: list[Template] = [empty]
    for skill in action.skills:
        added = f"AddItem(Flow.routeSkills, {skill.skill})"
        if skill.condition is not None:
            added = f"If({skill.condition.text}, {added}, Flow.routeSkills)"
        statements.append(At(skill.span, assign("skillCollection", "Flow.routeSkills", expression(added))))
    return statements


def _agent_statements(action: RouteByRecord) -> list[Template]:
    if not action.agents:
        return []
    variable, kind = "Flow.routeAgents", "agentScorePairCollection"
    empty = "MakeEmptyList(MakeAgentScorePair(ToUser(NOT_SET), NOT_SET))"
    statements: list[Template] = [assign(kind, variable, expression(empty))]
    for agent in action.agents:
        user = f"FindUser({agent})"
        added = f"If(IsSet({user}), AddItem({variable}, MakeAgentScorePair({user}, 100)), {variable})"
        statements.append(assign(kind, variable, expression(added)))
    return statements


def _transfer(action: RouteByRecord) -> Act:
    has_skills = bool(action.skills or action.computed_skills)
    agents: Template = action.computed_agents or (expression("Flow.routeAgents") if action.agents else NO_VALUE)
    settings: dict[str, Template] = {
        "targetQueue": expression("Flow.routeQueue"),
        "priority": expression("Flow.routePriority"),
        "acdSkills": expression("Flow.routeSkills") if has_skills else NO_VALUE,
        "languageSkill": action.language or NO_VALUE,
        "preferredAgents": agents,
        "preTransferAudio": action.say,
        "failureTransferAudio": NO_VALUE,
    }
    if action.outputs:
        settings["outputs"] = dict(action.outputs)
    return Act("transferToAcd", "transfer", settings)
