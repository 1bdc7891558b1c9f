"""Who the followers are: `.env` where it tells, else the names that the journal's decisions gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from copytui.domain.orders import ClientId
from copytui.domain.text import clean
from copytui.settings.paths import NamedFollower


@dataclass(frozen=True, slots=True)
class People:
    """Names and numbers by client code."""

    names: Mapping[ClientId, str] = field(default_factory=dict)
    numbers: Mapping[int, ClientId] = field(default_factory=dict)

    @classmethod
    def of(cls, followers: tuple[NamedFollower, ...], remembered: Mapping[ClientId, str]) -> People:
        """Lay what `.env` says over what the journal remembers."""
        names = {**remembered, **{follower.client_id: follower.name for follower in followers}}
        return cls(
            {client: clean(name) for client, name in names.items()},
            {follower.number: follower.client_id for follower in followers},
        )

    def name(self, client: ClientId) -> str:
        """Return a follower's name, or its client code where nobody gave one."""
        return self.names.get(client) or clean(client)

    def meant(self, word: str) -> frozenset[ClientId]:
        """Return whom `word` means: by name, by client code, or by the number in `.env`, in this order; perhaps nobody.

        Upper and lower case are alike. Where names were changed, one name can mean two accounts.
        """
        wanted = word.strip().casefold()
        named = {client for client, name in self.names.items() if name.casefold() == wanted}
        coded = {client for client in self.names if client.casefold() == wanted}
        numbered = {client for number, client in self.numbers.items() if str(number) == wanted}
        defaults = {client for client, name in self.names.items() if name.casefold() == f"follower {wanted}"}
        return frozenset(named or coded or numbered or defaults)

    @property
    def words(self) -> str:
        """List everybody, to tell the user whom he can ask for."""
        listed = [f"{self.name(client)} ({clean(client)})" for client in self.names]
        return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")
