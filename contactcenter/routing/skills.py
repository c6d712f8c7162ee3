"""What an agent must hold: skill groups and skill expressions (routing.md §2, §4).

A skill expression joins skills with ``AND``, ``OR``, ``NOT`` and parentheses; a skill may be compared:
``German >= 3 AND ("Tech Support" OR Billing) AND NOT Trainee``. Names with blanks stand in quotation marks. A
comparison with a skill that is not held is false, also ``<`` and ``!=``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from contactcenter.organisation.expressions import SIGNS, All, BadExpression, ExpressionReader, Not, Some, Tree
from contactcenter.routing.configuration import SkillCondition, SkillGroupCondition

Held: TypeAlias = Mapping[str, int]
"""Skill id to proficiency in hundredths."""

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "EqualTo": operator.eq,
    "NotEqualTo": operator.ne,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Holds:
    """A skill is held, with a proficiency (hundredths) that compares so."""

    skill: str
    comparator: str = "GreaterThanOrEqualTo"
    level: int = 0

    def true_for(self, held: Held) -> bool:
        """Whether an agent who holds these skills meets it."""
        return self.skill in held and COMPARE[self.comparator](held[self.skill], self.level)


def read_skill_expression(text: str, skill_id: Callable[[str], str | None]) -> Tree[Holds]:
    """The tree of a skill expression; ``skill_id`` resolves names; raises ``BadExpression``."""

    def leaf(word: str, sign: str | None, level: str | None) -> Holds:
        skill = skill_id(word)
        if skill is None:
            raise BadExpression(f"there is no skill {word!r}")
        if sign is None or level is None:
            return Holds(skill)
        try:
            return Holds(skill, SIGNS[sign], round(float(level) * 100))
        except ValueError:
            raise BadExpression(f"{level!r} is no proficiency") from None

    return ExpressionReader(text, leaf).whole()


def positive_skills(tree: Tree[Holds], *, negated: bool = False) -> frozenset[str]:
    """Skills that an expression asks for, outside of ``NOT``; BEST compares their proficiencies."""
    match tree:
        case All(parts) | Some(parts):
            return frozenset().union(*(positive_skills(part, negated=negated) for part in parts))
        case Not(part):
            return positive_skills(part, negated=not negated)
    return frozenset() if negated else frozenset({tree.skill})


def in_skill_group(condition: SkillGroupCondition, held: Held) -> bool:
    """Whether an agent who holds these skills belongs to a skill group."""
    parts = (*(condition.routing_skill_conditions or ()), *(condition.language_skill_conditions or ()))
    met = [_meets(part, held) for part in parts]
    if condition.operation == "Or":
        return any(met)
    return not any(met) if condition.operation == "Not" else all(met)


def _meets(condition: SkillCondition, held: Held) -> bool:
    skill = condition.routing_skill or condition.language_skill
    if skill is not None:
        wanted = Holds(skill.id, condition.comparator, round(condition.proficiency * 100))
        if not wanted.true_for(held):
            return False
    return all(in_skill_group(child, held) for child in condition.child_conditions or ())
