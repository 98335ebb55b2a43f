"""How the portal answers: HTTP 200 says nothing, the code says little, the sentence decides.

The tables are the contract's, row by row: `contracts/national_portal/contract.toml` has an answer
for each row, and what it means. Lists that differ from place to place are settings.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.kit.meanings import Answers, Row
from adapters.kit.port import Reply
from adapters.kit.read_answers import row_of
from adapters.national_portal import codes
from adapters.national_portal.settings import PortalSettings
from schemas.outcome import Effect

YES = frozenset({"0", "00"})
NO = frozenset({"-1", "1", "3", "-3"})
SUCCESS = ("thành công",)
ABSENT = ("không tồn tại", "không tìm thấy")
UNKNOWN = (*ABSENT, "không hợp lệ", "khai báo", "chưa có", "chưa đăng ký")
PROCEDURE = ("thủ tục", "mattthc", "tthc")
UNIT = ("đơn vị", "cơ quan", "madonvi")
PARTS = ("thành phần", "chủ hồ sơ", "tài liệu", "giấy tờ", "trạng thái", "kết quả", "tệp")
"""Parts of a dossier: that one of them does not exist says nothing of the dossier."""
DATABASE = ("cơ sở dữ liệu", "csdl", "database", "sqlexception", "ora-")
FAILED = ("thất bại", "không thành công", "chưa thành công", "không hợp lệ", "không được", "lỗi")

SPOKEN = Row.OK | {403}
"""Statuses under which it is the words that count."""
PAGE = frozenset({Row.PAGE})
LATER = (
    Row("later", http=SPOKEN, words="maintenance", without=YES),
    Row("later", words="maintenance", lacks=SUCCESS),
    Row("later", http=SPOKEN, words="later", without=YES),
    Row("later", words="later", lacks=SUCCESS),
    Row("later", http=SPOKEN, codes=PAGE, words="maintenance"),
)
"""Whatever else they say, it is nobody's fault who sent a dossier."""
RIGHTS = ("không có quyền", "phân quyền")
NO_SESSION = ("phiên bản", *RIGHTS)
"""What has a word of a session in it and speaks of something else."""
DEAD = (
    Row("dead", words="dead", without=YES, lacks=NO_SESSION),
    Row("dead", words="dead", lacks=(*SUCCESS, *NO_SESSION)),
    Row("dead", http=frozenset({403}), words="dead"),
    Row("dead", http=SPOKEN, codes=PAGE, words="dead", lacks=(*SUCCESS, *NO_SESSION)),
)
"""The true code and sentence are unknown (inferred): the words are a setting."""
REFUSED = (
    Row("refused", says=PROCEDURE, also=UNKNOWN, owner="operator", pointer="/procedure/code"),
    Row("refused", says=UNIT, also=UNKNOWN, owner="operator", pointer="/agencies"),
    Row("refused", says=RIGHTS, owner="operator"),
    Row("exists", says=("đã tồn tại",), without=YES),
    Row("absent", says=ABSENT, also=("hồ sơ",), without=YES, lacks=(*PARTS, *DATABASE)),
    Row("refused", says=DATABASE, lacks=UNKNOWN, owner="operator"),
    Row("refused", codes=NO),
)
DONE = Row("success", codes=YES, says=SUCCESS)
WRITE = Answers(
    code=("error_code",),
    sentence=("message",),
    rows=(*LATER, *DEAD, *REFUSED, DONE),
    pointers=codes.POINTERS,
)
"""A dossier."""
APPEND = replace(
    WRITE,
    plain=True,
    rows=(
        *LATER,
        *DEAD,
        *REFUSED,
        Row("refused", codes=frozenset({Row.TEXT}), says=(*FAILED, *ABSENT)),
        Row("success", codes=YES | {Row.TEXT}, says=SUCCESS),
    ),
)
"""Lines and answers, which some answer in plain text."""
SESSION = replace(APPEND, rows=(*LATER, *DEAD))
"""What is asked first of every answer."""
LOGIN = Answers(
    code=("error_code",),
    sentence=("message",),
    rows=(
        *LATER,
        Row("blocked", without=YES | {Row.NOTHING}),
        Row("success", codes=YES, has=("session",)),
    ),
)


def table_of(effect: Effect, settings: PortalSettings) -> Answers:
    """Give the table of a service; where the words are not required, the code alone is believed."""
    table = APPEND if effect == "append" else WRITE
    if settings.require_success_text:
        return table
    return replace(table, rows=(*table.rows, Row("success", codes=YES)))


def dead(reply: Reply, settings: PortalSettings) -> bool:
    """Say whether they speak of the session, in JSON or in plain text."""
    row = row_of(reply, SESSION, settings.words)
    return row is not None and row.means == "dead"
