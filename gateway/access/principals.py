"""Who acts: commune software, a person, or an outside system that speaks to us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.access.roles import Reach, Right, Role, reach
from gateway.rules.agencies import within

Environment = Literal["live", "sandbox"]
Sort = Literal["client", "person", "system"]
SUBMITTER = frozenset({Role.SUBMITTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever acts: for which agencies, in which environment, in which roles.

    id: its row in the table `client`; agencies: roots of subtrees (`gateway.rules.agencies.within`)
    helps: roots of the subtrees for whose agencies it may take dossiers in, near the citizen's home
    """

    id: int
    name: str
    environment: Environment
    agencies: tuple[str, ...]
    roles: frozenset[Role] = SUBMITTER
    sort: Sort = "client"
    helps: tuple[str, ...] = ()

    @property
    def audited(self) -> str:
        """Say how the audit names it; the names of people and systems say already what they are."""
        return self.name if self.name.startswith(f"{self.sort}:") else f"{self.sort}:{self.name}"

    def may_speak_for(self, *agencies: str | None) -> bool:
        """Say whether one of these agencies lies in its subtrees."""
        if "*" in self.agencies:
            return True
        return any(within(code, root) for code in agencies if code for root in self.agencies)

    def may_help(self, *agencies: str | None) -> bool:
        """Say whether it may take dossiers in for one of these agencies, near a citizen's home."""
        return any(within(code, root) for code in agencies if code for root in self.helps)

    def reach(self, right: Right, most: Reach = Reach.ALL) -> Reach:
        """Say to which dossiers a right of it reaches; roles that reach beyond `most` aside."""
        return reach(self.roles, right, most)
