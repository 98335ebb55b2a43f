"""What a target will lack, said to the client at once instead of three days later."""

from __future__ import annotations

from adapters.kit.driver import preview
from adapters.kit.port import Step
from gateway.dossiers.record import DossierRecord
from gateway.dossiers.systems import Systems
from gateway.dossiers.unheard import unheard
from gateway.rules.communes import doubts
from gateway.rules.formats import FORMAT, malformed
from gateway.rules.lane_states import WAITING
from gateway.rules.order import active
from gateway.rules.outcomes import word
from gateway.rules.procedures import doubt
from gateway.rules.times import ORDER, disorder
from gateway.rules.withhold import withheld
from gateway.words.formats import format_said
from schemas.base import VIETNAM
from schemas.dossier import Content


def warnings(record: DossierRecord, systems: Systems) -> list[dict[str, str]]:
    """Translate for each system that still has to be told, send nothing, and report what fails."""
    found = _procedure(record, systems) + _communes(record) + _agencies(record, systems)
    found += _times(record)
    if any(flag.code == FORMAT for flag in record.dossier.data_quality):
        found += wrong_formats(record.dossier)
    for system in systems.all:
        lane, entry = record.lanes.get(system.id), record.outbox.get(system.id)
        if lane is None or entry is None:
            continue
        if entry.state == WAITING and entry.reason == "needs_code":
            found.append(
                {
                    "system": system.name,
                    "code": "needs_code",
                    "pointer": "/official_code",
                    "detail": "this system waits until the dossier has its official code",
                }
            )
            continue
        past = [
            one.event
            for one in record.recorded
            if one.event.seq > lane.told_seq and one.origin != system.name
        ]
        standing = active(past)
        step = Step(
            dossier=withheld(record.dossier),
            remote=lane.remote,
            born_here=lane.born_here,
            events=tuple(standing),
        )
        if unheard(step, lane.told_seq) is not None:
            continue
        lack = preview(system.adapter, step, system.settings)
        if lack is not None:
            found.append(
                {
                    "system": system.name,
                    "code": word(lack),
                    "pointer": lack.field,
                    "detail": lack.why,
                }
            )
    return found


def _times(record: DossierRecord) -> list[dict[str, str]]:
    """Say which times stand in an order that cannot be."""
    return [
        {
            "system": "gateway",
            "code": ORDER,
            "pointer": pointer,
            "detail": "these times stand in an order that cannot be",
        }
        for pointer in disorder(record.dossier)
    ]


def wrong_formats(content: Content) -> list[dict[str, str]]:
    """Say which identifiers are not written as their kind is, without repeating them."""
    return [
        {
            "system": "gateway",
            "code": FORMAT,
            "pointer": one.pointer,
            "detail": format_said(one.fault, identity="/identities/" in one.pointer),
        }
        for one in malformed(content)
    ]


DOUBTS = {
    "unknown_procedure": "the procedure catalogue has no such code",
    "procedure_not_in_force": "the procedure catalogue has no version of it for that day",
}


def _procedure(record: DossierRecord, systems: Systems) -> list[dict[str, str]]:
    """Say what is doubtful about the procedure, in the name of the gateway itself."""
    code = doubt(record.dossier, systems.procedures)
    if code is None:
        return []
    about = {"pointer": "/procedure/code", "detail": DOUBTS[code]}
    return [{"system": "gateway", "code": code, **about}]


def _communes(record: DossierRecord) -> list[dict[str, str]]:
    """Say which communes have not one meaning in the units of today."""
    return [
        {"system": "gateway", "code": code, "pointer": pointer, "detail": detail}
        for pointer, code, detail in doubts(record.dossier)
    ]


def _agencies(record: DossierRecord, systems: Systems) -> list[dict[str, str]]:
    """Say which agencies the deployment's table does not know for the dossier's day."""
    if not systems.agencies.all:
        return []
    dossier = record.dossier
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
        and systems.agencies.find(agency.code, day) is None
    ]
