"""Bridges inside this process: what one leg says the others hear (as words; real audio is the phone system's)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from channels.telephony.adapter import PacedLeg
from contactcenter.conversations import Leg


@dataclass(slots=True)
class _Room:
    """One bridge."""

    legs: list[PacedLeg] = field(default_factory=list)

    def relay(self, sender: PacedLeg, text: str) -> None:
        """Everybody else hears it."""
        for leg in self.legs:
            if leg is not sender and not leg.over:
                leg.hears_other(sender.name, text)


class LocalBridges:
    """All bridges of this process; legs of other adapters are left to those."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}

    def join(self, bridge: str, legs: Mapping[str, Leg]) -> None:
        """These, and only these, are in the bridge from now on."""
        room = self._rooms[bridge] = _Room([leg for leg in legs.values() if isinstance(leg, PacedLeg)])
        for leg in room.legs:
            leg.joined(room, [other for other in room.legs if other is not leg])

    def part(self, bridge: str) -> None:
        """The bridge is no more."""
        room = self._rooms.pop(bridge, None)
        for leg in room.legs if room is not None else ():
            if leg.bridge is room:
                leg.parted()
