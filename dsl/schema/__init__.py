"""JSON Schema of flow files, generated from the catalogues (authoring.md §6); editors complete and check with it.

Test files, the organisation and the project file belong to higher floors, which make theirs with the same parts.
"""

from dsl.schema.flow import flow_schema

__all__ = ["flow_schema"]
