"""From the canonical dossier to iGate's words. Pure; nothing is cut or made up.

Source: independent clients of several provinces (contracts/igate).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from adapters.igate import codes
from adapters.kit.communes import in_generation
from adapters.kit.identities import unsent, without_identity
from adapters.kit.texts import event_text
from schemas.base import VIETNAM
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.identifiers import identity_of
from schemas.outcome import CannotExpress
from schemas.parts import Address, AgencyRef, Component, Fee, File, Identity, Party, Unit

if TYPE_CHECKING:
    from adapters.igate.settings import IgateSettings

WHOLE_DATE = 10


def moment(at: datetime | None) -> str | None:
    """Say an instant with their offset: no colon, always +0700."""
    return None if at is None else at.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M:%S.000%z")


def midnight(day: date | None) -> str | None:
    """Say a day as they keep it: local midnight in UTC, so 17:00 of the day before."""
    if day is None:
        return None
    local = datetime.combine(day, time(), VIETNAM)
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000%z")


def birthday(birth: str | None) -> str | None:
    """Say a date of birth; one without its day has no form in iGate (see `unsaid`)."""
    if birth is None or len(birth) < WHOLE_DATE:
        return None
    return midnight(date.fromisoformat(birth))


def unsaid(of: Dossier, settings: IgateSettings) -> str | None:
    """Say what of this very dossier has no form in iGate and was left out."""
    left = [] if (numbers := unsent(of.owner)) is None else [numbers]
    if of.owner.birth is not None and len(of.owner.birth) < WHOLE_DATE:
        left.append("a date of birth without its day")
    if settings.link_only_files == "skip" and any(file.sha256 is None for file in files_of(of)):
        left.append("files that were never uploaded here")
    return f"not sent: {', '.join(left)}" if left else None


def files_of(of: Dossier) -> list[File]:
    """List the files of the papers that stand."""
    return [
        file
        for part in of.components
        if not part.removed
        for file in part.files
        if not file.removed
    ]


def uploads(of: Dossier, settings: IgateSettings) -> list[File]:
    """List the files to upload, or refuse one whose bytes we do not have."""
    if settings.files == "none":
        return []
    found = files_of(of)
    if settings.link_only_files == "refuse" and any(file.sha256 is None for file in found):
        raise CannotExpress("/components", "iGate wants the file itself: upload it to /v1/files")
    return [file for file in found if file.sha256 is not None]


def status_id(of: Dossier | Event, settings: IgateSettings) -> int:
    """Give their number of a state, which only the deployment's own map knows."""
    found = settings.status_ids.get(of.status)
    if found is None:
        raise CannotExpress("/status", f"the status map has no number for {of.status.value}")
    return found


def check(of: Dossier, settings: IgateSettings) -> None:
    """Refuse what `dossier` would refuse, before anything is sent that it comes behind."""
    status_id(of, settings)
    identified(of, settings)
    _place(of.owner, settings)


def named(name: str | None) -> list[dict[str, Any]]:
    """Say a name as a list of languages, the newest of their three shapes."""
    return [] if name is None else [{"languageId": codes.VIETNAMESE, "name": name}]


def dossier(of: Dossier, code: str, files: Mapping[str, str], settings: IgateSettings) -> Any:
    """Translate a dossier; `files` gives their id of each file of ours."""
    portal = next((one.value for one in of.codes if one.kind == "portal"), None)
    return {
        "code": code,
        "nationCode": portal or (of.origin.code if of.origin is not None else None),
        "receiptCode": next((one.value for one in of.codes if one.kind == "receipt"), None),
        "applicant": {"data": _applicant(of, settings)},
        "procedure": {
            "id": settings.procedures.get(of.procedure.code),
            "code": of.procedure.local_code or of.procedure.code,
            "nationCode": of.procedure.code,
            "translate": named(of.procedure.name),
            "sector": {
                "code": of.procedure.field.code if of.procedure.field else None,
                "name": named(of.procedure.field.name if of.procedure.field else None),
            },
        },
        "procedureCase": of.procedure.case.code if of.procedure.case is not None else None,
        "agency": _agency(of.agencies.competent, settings),
        "receivingAgency": _agency(of.agencies.receiving, settings),
        "content": of.summary,
        "note": of.notes,
        "appliedDate": moment(of.submitted_at),
        "acceptedDate": moment(of.received_at),
        "appointmentDate": moment(of.due.at if of.due is not None else None),
        "undefindedCompleteTime": of.due is not None and of.due.none,
        "completedDate": moment(of.finished_at),
        "returnedDate": moment(of.returned_at),
        "applyMethod": {"id": codes.APPLY_METHOD[of.channel]},
        "dossierReceivingKind": {
            "id": codes.RECEIVING_KIND.get(of.return_.method or "") if of.return_ else None
        },
        "eForm": {"id": of.form.schema_ if of.form else None, "data": _form(of)},
        "dossierFee": [_fee(fee) for fee in of.fees],
        "dossierFormFile": [_paper(part, order, files) for order, part in enumerate(of.components)],
    }


def _form(of: Dossier) -> dict[str, Any]:
    """Give the form's own data, and beside it by whom and at which version it was told."""
    return {
        **(of.form.data if of.form is not None else {}),
        "lienThong": {"dossier": str(of.id), "version": of.version},
    }


def _applicant(of: Dossier, settings: IgateSettings) -> dict[str, Any]:
    owner = of.owner
    identity = identified(of, settings)
    place = _place(owner, settings)
    return {
        "fullname": of.submitter.name if of.submitter is not None else owner.name,
        "ownerFullname": owner.name,
        "ownerKind": owner.kind,
        "birthday": birthday(owner.birth),
        "gender": codes.GENDER.get(owner.sex or ""),
        "identityNumber": identity.number,
        "identityType": identity.kind,
        "identityDate": midnight(identity.issued_on),
        "identityAgency": identity.issued_by,
        "phoneNumber": owner.phone,
        "email": owner.email,
        "fax": owner.fax,
        "nation": owner.nationality,
        "address": place.detail if place is not None else None,
        "province": _unit(place.province) if place is not None else None,
        "district": _unit(place.district) if place is not None else None,
        "village": _unit(place.commune) if place is not None else None,
    }


def identified(of: Dossier, settings: IgateSettings) -> Identity:
    """Give the owner's first number that is well formed: they create nothing without one."""
    found = identity_of(of.owner)
    if found is None:
        why = "iGate takes no applicant without an identity number"
        raise without_identity(of, settings.no_identity, why)
    return found


def _place(owner: Party, settings: IgateSettings) -> Address | None:
    """Give the first address in the generation of communes that they expect."""
    if not owner.addresses:
        return None
    return in_generation(owner.addresses[0], settings.communes, "/owner/addresses/0")


def _unit(unit: Unit | None) -> dict[str, Any] | None:
    """Say a place: both generations of codes live side by side there."""
    return None if unit is None else {"label": unit.name, "value": unit.code}


def _agency(agency: AgencyRef | None, settings: IgateSettings) -> dict[str, Any] | None:
    if agency is None:
        return None
    return {
        "id": settings.agencies.get(agency.code or ""),
        "code": agency.code,
        "name": named(agency.name),
    }


def _fee(fee: Fee) -> dict[str, Any]:
    return {
        "id": fee.id,
        "code": fee.code,
        "name": named(fee.name),
        "amount": fee.amount,
        "paid": fee.state == "paid",
        "paidDate": moment(fee.paid.at if fee.paid is not None else None),
    }


def _paper(part: Component, order: int, files: Mapping[str, str]) -> dict[str, Any]:
    copies = (part.copies or 0) > (part.originals or 0)
    kind = "electronic" if part.electronic else ("copy" if copies else "original")
    return {
        "order": order,
        "procedureForm": {"id": part.code, "name": part.name},
        "detail": {
            "type": codes.PAPER_TYPE[kind],
            "quantity": (part.originals or 0) + (part.copies or 0),
        },
        "deleted": part.removed,
        "file": [
            {"id": files[file.id], "filename": file.name, "size": file.size}
            for file in part.files
            if file.id in files and not file.removed
        ],
    }


def progress(of: Dossier, event: Event, settings: IgateSettings) -> dict[str, Any]:
    """Translate an event into a change of state, with who did what and when."""
    officer = event.officer
    return {
        "dossierStatus": {"id": status_id(event, settings)},
        "comment": event_text(of, event),
        "reason": event.reason,
        "updatedDate": moment(event.occurred_at),
        "assignee": {
            "fullname": officer.name if officer is not None else None,
            "position": officer.title if officer is not None else None,
            "department": event.department,
        },
        "dueDate": moment(event.step_due_at),
        "lienThong": {"dossier": str(of.id), "version": event.seq},
    }
