"""The built-in CRM of rehearsed calls: in memory, with the contacts of the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors import CRM_INTEGRATION
from interpreter.commands import Request
from interpreter.ports import Answer, RequestPort

if TYPE_CHECKING:
    from callwright.crm import BuiltInCrm
    from callwright.loading import Loaded
    from connectors import DataActions
    from dsl.source import Diagnostic
    from store import Store


@dataclass(slots=True)
class RehearsedCrm:
    """The CRM of one call, or of several that follow each other.

    It is made when it is first needed, so that a rehearsal with stubs does not pay for it. ``now`` gives UTC ms.
    """

    loaded: Loaded
    now: Callable[[], int] = lambda: 0
    _made: BuiltInCrm | None = field(default=None, init=False)
    _store: Store | None = field(default=None, init=False)

    @property
    def exists(self) -> bool:
        """Whether the project has contacts to load; without them its data actions are stubbed or missing."""
        return self.loaded.around.project.contacts is not None

    @property
    def built_in(self) -> BuiltInCrm:
        """Customers and data actions."""
        if self._made is None:
            from callwright.crm import built_in_crm
            from contactcenter.organisation import load_organisation
            from store import MemoryStore

            around = self.loaded.around
            self._store = MemoryStore()
            organisation = around.organisation or load_organisation([])[0]
            self._made = built_in_crm(around.project, organisation, self._store, lambda: self.now())
        return self._made

    @property
    def findings(self) -> list[Diagnostic]:
        """What is wrong with the contacts and connections that were loaded."""
        return self._made.findings if self._made is not None else []

    def answering(self, make: Callable[[DataActions], RequestPort]) -> Callable[[str], RequestPort | None]:
        """Who answers an integration's data actions (``StubbedActions.elsewhere``): for the CRM's own the port that
        ``make`` gives, which is made once."""
        ports: list[RequestPort] = []

        def port_for(integration: str) -> RequestPort | None:
            if not self.exists or integration.casefold() != CRM_INTEGRATION.casefold():
                return None
            if not ports:
                ports.append(make(self.built_in.actions))
            return ports[0]

        return port_for

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """The port ``customers``: what flows ask of contacts without a data action."""
        from contactcenter.customers import CustomerPort

        CustomerPort(self.built_in.customers).request(execution, request, answer)

    def cancel(self, execution: str, request_id: str) -> None:
        """Look-ups are answered in the same turn."""

    def close(self) -> None:
        """Forget everything."""
        if self._store is not None:
            self._store.close()
        self._made = self._store = None
