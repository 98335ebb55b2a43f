"""How iGate answers: success and failure both come with HTTP 200, and the envelope decides.

The tables are the contract's, row by row; `contracts/igate/contract.toml` has an answer for each
row, and what it means. Lists that differ from province to province are settings.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.igate import codes
from adapters.kit.meanings import Answers, Row

EXISTS = ("đã tồn tại", "already exist", "đã được tiếp nhận")
"""They have it: whatever we were about to add is there (observed wording)."""
UNKNOWN = ("không tồn tại", "không tìm thấy", "unknown", "not found", "chưa có", "chưa khai báo")
PROCEDURE = ("thủ tục", "procedure")
UNIT = ("đơn vị", "cơ quan", "agency")
DATABASE = ("cơ sở dữ liệu", "csdl", "database", "mongo", "sqlexception")
WORDED = frozenset({400, 409, 422})
"""Statuses under which their services refuse a record in words; without a word they say nothing."""
SPEAKS = ("message", "title", "errors", "error_description")
DETAIL = (
    *("applicant", "eForm", "dossierFormFile", "dossierFee", "procedure", "agency"),
    *("task", "currentTask", "dossierStatus", "dossierTaskStatus"),
)
"""Fields of a dossier that hold what others wrote."""
FINE = frozenset({"200"})
NONE = frozenset({Row.NOTHING})

NO_SESSION = ("phiên bản", "không có quyền", "phân quyền", "permission", "permitted")
"""What has a word of a session in it and speaks of something else."""

PAGE = frozenset({Row.PAGE})
LATER = (
    Row("later", http=Row.OK | WORDED | {403}, words="maintenance"),
    Row("later", http=Row.OK | WORDED | {403}, words="later"),
    Row("later", http=Row.OK | {403}, codes=PAGE, words="maintenance"),
)
NOT_THEIRS = (
    *LATER,
    Row("dead", http=Row.OK | {403}, words="dead", without=FINE, lacks=NO_SESSION),
    Row(
        "dead",
        http=Row.OK | {403},
        codes=PAGE,
        words="dead",
        lacks=("thành công", *NO_SESSION),
    ),
)
"""Whatever else they say, it is nobody's fault who sent a dossier."""
REFUSED = (
    *(
        Row("refused", http=http, says=words, also=UNKNOWN, owner="operator", pointer=pointer)
        for http in (Row.OK, WORDED)
        for words, pointer in ((PROCEDURE, "/procedure/code"), (UNIT, "/agencies/competent"))
    ),
    Row("exists", http=Row.OK | WORDED, says=EXISTS, without=FINE),
    Row("refused", http=Row.OK | WORDED, says=DATABASE, owner="operator"),
    Row("refused", codes=frozenset({"500", "400"})),
    Row("refused", filled=("errors",)),
    Row("refused", http=WORDED, filled=SPEAKS),
)
STATUS = Answers(
    code=("status",),
    sentence=("title", "message", "errors"),
    rows=(*NOT_THEIRS, *REFUSED, Row("success", codes=FINE)),
    pointers=codes.POINTERS,
)
"""A change of state."""
SESSION = replace(STATUS, rows=NOT_THEIRS, plain=True)
"""What is asked first of every answer."""
REPLACE = STATUS
"""A dossier that they hold; the envelope says no more."""
CREATE = replace(
    STATUS, rows=(*NOT_THEIRS, *REFUSED, Row("success", codes=FINE | NONE, has=("id",)))
)
"""A new dossier: their id of it is the proof."""
PATTERN = CREATE
"""A code pattern."""
UPLOAD = replace(CREATE, single=True)
"""One file."""
NEXT_VALUE = replace(
    STATUS, rows=(*NOT_THEIRS, *REFUSED, Row("success", codes=FINE | NONE, has=("value",)))
)
"""The next code."""
LOOK_UP = replace(
    STATUS,
    items=DETAIL,
    single=True,
    rows=(
        Row("absent", http=frozenset({404})),
        *NOT_THEIRS,
        *REFUSED,
        Row("absent", codes=NONE, empty=True),
        Row("success", codes=FINE | NONE, has=("id",)),
    ),
)
"""A dossier by its code."""
SEARCH = replace(
    STATUS,
    items=("content",),
    rows=(*NOT_THEIRS, *REFUSED, Row("success", codes=FINE | NONE, lists=("content",))),
)
"""A page of dossiers."""
LOGIN = Answers(
    code=("error",),
    sentence=("error_description", "message"),
    rows=(
        *LATER,
        Row("blocked", http=frozenset({400, 403})),
        Row("blocked", without=NONE),
        Row("success", codes=NONE, has=("access_token",)),
    ),
)
"""Keycloak's token endpoint."""
