"""What a target will lack, said to the client at once instead of three days later."""

from __future__ import annotations

from adapters.kit.driver import preview
from adapters.kit.port import Step
from gateway.dossiers.record import State
from gateway.dossiers.systems import Targets
from gateway.rules.communes import doubts
from gateway.rules.lane_states import WAITING
from gateway.rules.procedures import doubt
from gateway.rules.withhold import withheld
from schemas.base import VIETNAM


def warnings(state: State, targets: Targets) -> list[dict[str, str]]:
    """Translate for each system that still has to be told, send nothing, and report what fails."""
    found = _procedure(state, targets) + _communes(state) + _agencies(state, targets)
    for target in targets.all:
        lane, agenda = state.lanes.get(target.id), state.todos.get(target.id)
        if lane is None or agenda is None:
            continue
        if agenda.state == WAITING and agenda.reason == "needs_code":
            found.append(
                {
                    "system": target.name,
                    "code": "needs_code",
                    "pointer": "/official_code",
                    "detail": "this system waits until the dossier has its official code",
                }
            )
            continue
        past = [
            one.event
            for one in state.past
            if one.event.seq > lane.done_seq and one.origin != target.name
        ]
        gone = {event.supersedes for event in past if event.supersedes is not None}
        step = Step(
            dossier=withheld(state.dossier),
            remote=lane.remote,
            born_here=lane.born_here,
            events=tuple(event for event in past if event.ref not in gone),
        )
        lack = preview(target.adapter, step, target.settings)
        if lack is not None:
            found.append(
                {
                    "system": target.name,
                    "code": "cannot_express",
                    "pointer": lack.field,
                    "detail": lack.why,
                }
            )
    return found


DOUBTS = {
    "unknown_procedure": "the procedure catalogue has no such code",
    "procedure_not_in_force": "the procedure catalogue has no version of it for that day",
}


def _procedure(state: State, targets: Targets) -> list[dict[str, str]]:
    """Say what is doubtful about the procedure, in the name of the gateway itself."""
    code = doubt(state.dossier, targets.procedures)
    if code is None:
        return []
    about = {"pointer": "/procedure/code", "detail": DOUBTS[code]}
    return [{"system": "gateway", "code": code, **about}]


def _communes(state: State) -> list[dict[str, str]]:
    """Say which communes have not one meaning in the units of today."""
    return [
        {"system": "gateway", "code": code, "pointer": pointer, "detail": detail}
        for pointer, code, detail in doubts(state.dossier)
    ]


def _agencies(state: State, targets: Targets) -> list[dict[str, str]]:
    """Say which agencies the deployment's table does not know for the dossier's day."""
    if not targets.agencies.all:
        return []
    dossier = state.dossier
    moment = dossier.received_at or dossier.submitted_at
    day = moment.astimezone(VIETNAM).date()
    return [
        {
            "system": "gateway",
            "code": "unknown_agency",
            "pointer": f"/agencies/{role}/code",
            "detail": "the table of agencies has no such code for that day",
        }
        for role, agency in (
            ("competent", dossier.agencies.competent),
            ("receiving", dossier.agencies.receiving),
        )
        if agency is not None
        and agency.code is not None
        and targets.agencies.find(agency.code, day) is None
    ]
