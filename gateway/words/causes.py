"""Why something does not go through, and what to do next: for whoever is called at night.

A cause of the engine is `KIND` or `KIND:MORE`, where MORE is the system's code, a field or what was
odd. The table is looked up by the whole cause first, and then by its kind alone.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Cause(NamedTuple):
    """What is the matter and what to do next, each in (Vietnamese, English)."""

    what: tuple[str, str]
    step: tuple[str, str]


CAUSES: dict[str, Cause] = {
    "refused": Cause(
        (
            "Hệ thống từ chối nội dung hồ sơ.",
            "The system refused what the dossier says.",
        ),
        (
            (
                "Cán bộ sửa trường bị nêu bằng sự kiện corrected, hồ sơ sẽ tự gửi lại. "
                "Nếu lỗi ở phía hệ thống đó và đã sửa xong: lienthong retry."
            ),
            (
                "The officer corrects the named field (event `corrected`) and it goes by itself. "
                "If the fault was theirs and is mended: lienthong retry."
            ),
        ),
    ),
    "exists_already": Cause(
        (
            "Hệ thống đã có hồ sơ mang mã này, có thể của người khác; chưa ghi đè gì.",
            (
                "A dossier stands there already under this code, perhaps somebody else's; nothing "
                "of it was written over."
            ),
        ),
        (
            (
                "Cán bộ so mã hồ sơ với giấy biên nhận: sai thì sửa bằng sự kiện corrected, hồ sơ "
                "tự gửi lại. Mã đúng thì báo bên vận hành hệ thống đó gỡ hồ sơ kia, rồi "
                "lienthong retry; nếu đó chính là hồ sơ này: xem RUNBOOK."
            ),
            (
                "The officer compares the code with the receipt: a wrong one is corrected (event "
                "`corrected`) and it goes by itself. If the code is right, whoever runs the system "
                "removes the other one, then lienthong retry; if it is this very dossier: see the "
                "RUNBOOK."
            ),
        ),
    ),
    "cannot_express": Cause(
        (
            "Hồ sơ thiếu hoặc có nội dung mà hệ thống này không nhận được; chưa gửi gì.",
            (
                "The dossier lacks or says something that this system cannot be told; nothing was "
                "sent."
            ),
        ),
        (
            (
                "Cán bộ bổ sung trường bị nêu bằng sự kiện corrected. "
                "Nếu sai ở cấu hình đã sửa: lienthong retry."
            ),
            (
                "The officer completes the named field (event `corrected`). "
                "If a setting was wrong and is mended: lienthong retry."
            ),
        ),
    ),
    "cannot_express:/voided": Cause(
        (
            "Hồ sơ đã bị hủy, nhưng hệ thống này không có cách nhận việc hủy.",
            "The dossier was voided, and this system has no way to be told so.",
        ),
        (
            "Cán bộ gỡ hồ sơ ở hệ thống đó; rồi đặt voided = line và lienthong retry.",
            "An officer removes it there; then set voided = line, and lienthong retry.",
        ),
    ),
    "cannot_express:/official_code": Cause(
        (
            "Hệ thống này không nhận mã hồ sơ này, hoặc đang giữ hồ sơ theo mã khác.",
            "This system cannot take this code, or holds the dossier under another one.",
        ),
        (
            "Cán bộ so mã hai bên, sửa mã sai bằng corrected; mã đúng thì gọi bên vận hành.",
            "The officer compares both, corrects a wrong code here, or calls whoever runs it.",
        ),
    ),
    "untold": Cause(
        (
            "Hồ sơ thiếu nội dung mà hệ thống này đòi hỏi; cài đặt nói là không gửi.",
            "The dossier lacks what this system asks for; its settings say not to tell it.",
        ),
        (
            (
                "Không cần làm gì: hồ sơ có đủ là tự gửi. "
                "Nếu cài đặt đã đổi: lienthong retry --cause untold."
            ),
            (
                "Nothing to do: it goes once the dossier has it. "
                "If the setting was changed: lienthong retry --cause untold."
            ),
        ),
    ),
    "malformed": Cause(
        (
            "Hệ thống trả lời không theo hợp đồng kết nối.",
            "The system answered outside its contract.",
        ),
        (
            (
                "Người tích hợp xem câu trả lời trong sổ gửi và hỏi bên vận hành hệ thống; "
                "sửa xong: lienthong retry."
            ),
            (
                "The integrator reads the answer in the ledger and asks whoever runs the system; "
                "once mended: lienthong retry."
            ),
        ),
    ),
    "lapsed": Cause(
        (
            "Việc gửi bị ngắt giữa chừng nhiều lần; có thể hệ thống đã ghi.",
            "The worker was lost several times on this one; the system may hold it already.",
        ),
        (
            "Người tích hợp xem nhật ký của tiến trình gửi trước khi gửi lại.",
            "The integrator looks at the workers' logs before it is retried.",
        ),
    ),
    "may_stand_once": Cause(
        (
            "Việc gửi bị ngắt và hệ thống này chỉ ghi thêm: có thể đã ghi một lần.",
            "Sending was cut short and this system only appends: it may stand there already.",
        ),
        (
            (
                "Xem trên hệ thống đó hồ sơ đã có chưa. Chưa có mới dùng lienthong retry; "
                "đã có mà gửi lại thì bị ghi hai lần."
            ),
            (
                "Look in that system whether it is there. Retry only if it is not: otherwise it "
                "may stand there twice."
            ),
        ),
    ),
    "uncertain:append": Cause(
        (
            "Đã gửi, không đọc được trả lời, và hệ thống này chỉ ghi thêm: có thể đã ghi một lần.",
            "Sent, no answer was read, and this system only appends: it may stand there already.",
        ),
        (
            (
                "Xem trên hệ thống đó hồ sơ đã có chưa. Chưa có mới dùng lienthong retry; "
                "đã có mà gửi lại thì bị ghi hai lần."
            ),
            (
                "Look in that system whether it is there. Retry only if it is not: otherwise it "
                "may stand there twice."
            ),
        ),
    ),
    "too_many_failures": Cause(
        (
            "Hồ sơ này thất bại nhiều lần trong khi hồ sơ khác vẫn đi qua.",
            "This one failed many times while others passed.",
        ),
        (
            "Người tích hợp tìm điều khác thường của hồ sơ này trong sổ gửi.",
            "The integrator looks in the ledger for what is particular about it.",
        ),
    ),
    "too_many_failures:unreachable": Cause(
        (
            "Hệ thống nhiều lần không nhận riêng hồ sơ này trong khi hồ sơ khác vẫn đi qua.",
            "The system would not take this one, many times, while others passed.",
        ),
        (
            "Người tích hợp xem sổ gửi: hồ sơ quá lớn, quá chậm, hay có tệp không tải được?",
            (
                "The integrator looks in the ledger: is it too large, too slow, or a file that "
                "cannot be fetched?"
            ),
        ),
    ),
    "too_many_failures:uncertain": Cause(
        (
            "Nhiều lần gửi hồ sơ này mà không đọc được trả lời; có thể hệ thống đã ghi.",
            "Sent many times without an answer that could be read; the system may hold it.",
        ),
        (
            "Người tích hợp xem trên hệ thống đó hồ sơ đã có chưa rồi mới gửi lại.",
            "The integrator looks in that system whether it is there before it is retried.",
        ),
    ),
    "unreachable": Cause(
        (
            "Không kết nối được hoặc hệ thống báo hãy gửi lại sau.",
            "The system cannot be reached, or says to come back later.",
        ),
        (
            "Tự gửi lại. Nếu kéo dài: lienthong doctor, rồi gọi bên vận hành hệ thống đó.",
            "It is retried by itself. If it lasts: lienthong doctor, then call whoever runs it.",
        ),
    ),
    "uncertain": Cause(
        (
            "Đã gửi nhưng không đọc được trả lời.",
            "Sent, and no answer of theirs could be read.",
        ),
        (
            "Tự kiểm tra và gửi lại. Nếu kéo dài: gọi bên vận hành hệ thống đó.",
            "It is resolved and retried by itself. If it lasts: call whoever runs it.",
        ),
    ),
    "blocked": Cause(
        (
            "Tài khoản, chứng thư hoặc địa chỉ của ta không được chấp nhận.",
            "Our credential, certificate or address is not accepted.",
        ),
        (
            "Sửa trong tệp hệ thống hoặc xin cấp lại, rồi khởi động lại cổng.",
            "Mend it in the systems file or have it renewed, then start the gateway again.",
        ),
    ),
    "suspect": Cause(
        (
            "Hệ thống trả lời mã HTTP ngoài hợp đồng: lỗi ở hồ sơ này hay ở tài khoản, địa chỉ?",
            "An HTTP status outside the contract: is it this dossier, or our account or address?",
        ),
        (
            "Tự gửi lại, không tính lần: hồ sơ khác qua được hay không sẽ cho biết.",
            "It is tried again, uncounted: whether others pass shows whose fault it is.",
        ),
    ),
    "singled_out": Cause(
        (
            "Hệ thống không nhận riêng hồ sơ này (mã HTTP ngoài hợp đồng), hồ sơ khác vẫn qua.",
            "They do not take this one dossier (a status outside the contract), and take others.",
        ),
        (
            "Người tích hợp xem lời gọi và câu trả lời trong sổ gửi; sửa xong: lienthong retry.",
            "The integrator reads call and answer in the ledger; once mended: lienthong retry.",
        ),
    ),
    "suspects": Cause(
        (
            "Các hồ sơ khác nhau liên tiếp nhận mã HTTP ngoài hợp đồng nên tạm ngừng gửi.",
            "Different dossiers in a row met a status outside the contract: sending is suspended.",
        ),
        (
            (
                "Tự thử lại. Kiểm tra tài khoản, quyền và địa chỉ (lienthong doctor --login); "
                "sửa xong thì khởi động lại, hoặc lienthong probe."
            ),
            (
                "It is probed by itself. Check account, rights and address (lienthong doctor "
                "--login); once mended start again, or lienthong probe."
            ),
        ),
    ),
    "system_paused": Cause(
        (
            "Hệ thống đang tạm dừng vì phần lớn hồ sơ gặp cùng một lỗi.",
            "The system is paused because most dossiers met one and the same fault.",
        ),
        (
            "Xem nguyên nhân bằng lienthong parked và gọi bên vận hành hệ thống đó.",
            "See the cause with lienthong parked, and call whoever runs it.",
        ),
    ),
    "needs_code": Cause(
        (
            "Chờ mã hồ sơ chính thức.",
            "The official code is not there yet.",
        ),
        (
            "Không cần làm gì: có mã là tự gửi. Nếu kéo dài: xem hệ thống cấp mã.",
            "Nothing to do: it goes once the code is there. If it lasts: see who allocates codes.",
        ),
    ),
    "asked": Cause(
        (
            "Hệ thống đã nhận, đang chờ trả lời.",
            "The system has it; its verdict is awaited.",
        ),
        ("Không cần làm gì: sẽ tự hỏi lại.", "Nothing to do: it is asked for by itself."),
    ),
    "asked_holds": Cause(
        (
            "Hệ thống đã nhận, đang chờ trả lời; việc sau của hồ sơ này chờ theo.",
            "The system has it; later events of the dossier wait for its verdict.",
        ),
        ("Không cần làm gì: sẽ tự hỏi lại.", "Nothing to do: it is asked for by itself."),
    ),
    "failing": Cause(
        (
            "Nhiều hồ sơ khác nhau liên tiếp thất bại nên tạm ngừng gửi.",
            "Several dossiers in a row failed, so sending is suspended.",
        ),
        (
            "Tự thử lại từng hồ sơ. Nếu kéo dài: lienthong doctor, rồi gọi bên vận hành.",
            "It is probed by itself. If it lasts: lienthong doctor, then call whoever runs it.",
        ),
    ),
    "one_cause": Cause(
        (
            "Phần lớn hồ sơ gần đây gặp cùng một lỗi nên tạm ngừng gửi.",
            "Most of the last dossiers met one and the same fault, so sending is suspended.",
        ),
        (
            "Xem nguyên nhân bằng lienthong parked và gọi bên vận hành hệ thống đó.",
            "See the cause with lienthong parked, and call whoever runs it.",
        ),
    ),
}

KINDS = frozenset(cause.partition(":")[0] for cause in CAUSES)

UNKNOWN = Cause(
    ("Nguyên nhân này chưa có mô tả.", "This cause has no description."),
    ("Người tích hợp xem sổ gửi của hồ sơ.", "The integrator looks in the dossier's ledger."),
)
"""For what another version of the gateway stored: nobody is left with an error instead."""


def explain(cause: str, language: Literal["vi", "en"]) -> tuple[str, str]:
    """Say what is the matter, and what to do next."""
    found = CAUSES.get(cause) or CAUSES.get(cause.partition(":")[0], UNKNOWN)
    return found.what[language == "en"], found.step[language == "en"]
