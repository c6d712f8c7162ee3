"""Velocity templates of data actions: parsed with positions, rendered as Apache Velocity 1.7 does."""

from connectors.templates.parse import TemplateSyntaxError, parse
from connectors.templates.render import render
from connectors.templates.tree import Block, Reference
from connectors.templates.values import RenderError, Value

__all__ = ["Block", "Reference", "RenderError", "TemplateSyntaxError", "Value", "parse", "render"]
