"""The words of the lifecycle: kinds of events, faults, data-quality flags."""

from __future__ import annotations

from schemas.status import Kind

KIND_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.REGISTERED: ("Đăng ký hồ sơ", "Registered"),
    Kind.ACCEPTED: ("Tiếp nhận hồ sơ", "Accepted"),
    Kind.REFUSED: ("Từ chối tiếp nhận hồ sơ", "Refused"),
    Kind.PROGRESS: ("Xử lý hồ sơ", "Progress"),
    Kind.SUPPLEMENT_REQUESTED: ("Yêu cầu bổ sung hồ sơ", "Supplement requested"),
    Kind.SUPPLEMENT_RECEIVED: ("Tiếp nhận hồ sơ bổ sung", "Supplement received"),
    Kind.FEE_REQUESTED: ("Yêu cầu nộp phí, lệ phí", "Fee requested"),
    Kind.FEE_PAID: ("Đã nộp phí, lệ phí", "Fee paid"),
    Kind.FEE_WAIVED: ("Miễn phí, lệ phí", "Fee waived"),
    Kind.DUE_CHANGED: ("Điều chỉnh ngày hẹn trả", "Due time changed"),
    Kind.TRANSFERRED: ("Chuyển hồ sơ", "Transferred"),
    Kind.WITHDRAWAL_REQUESTED: ("Công dân yêu cầu rút hồ sơ", "Withdrawal requested"),
    Kind.STOPPED: ("Dừng giải quyết hồ sơ", "Stopped"),
    Kind.RESUMED: ("Tiếp tục giải quyết hồ sơ", "Resumed"),
    Kind.FINISHED: ("Hoàn thành giải quyết hồ sơ", "Finished"),
    Kind.RETURNED: ("Trả kết quả", "Result handed over"),
    Kind.CORRECTED: ("Đính chính hồ sơ", "Corrected"),
    Kind.REOPENED: ("Mở lại hồ sơ", "Reopened"),
    Kind.LINKED: ("Liên kết hồ sơ", "Linked"),
    Kind.VOIDED: ("Hủy hồ sơ trên cổng", "Voided"),
}


def merged_into(code: str | None) -> str | None:
    """Say under which code a merged dossier goes on, for systems that hold it under its own."""
    return None if code is None else f"Đã gộp vào hồ sơ {code}"


SENTENCES: dict[str, tuple[str, str]] = {
    "impossible_transition": (
        "Từ trạng thái {from} không thể có sự kiện {kind} sang {to}; có thể là: {may_follow}.",
        "From {from}, the event {kind} cannot lead to {to}; what may follow: {may_follow}.",
    ),
    "must_carry": ("Sự kiện {kind} phải có trường này.", "The event {kind} must carry this."),
    "status_contradicts": (
        "Trạng thái khai báo khác trạng thái tính từ lịch sử ({computed}).",
        "The stated status differs from what the history adds up to ({computed}).",
    ),
    "in_the_future": (
        "Thời điểm ở tương lai; đồng hồ của cổng là {our_clock}.",
        "This time lies in the future; our clock says {our_clock}.",
    ),
    "long_ago": (
        "Thời điểm quá xa trong quá khứ; đồng hồ của cổng là {our_clock}.",
        "This time lies too far in the past; our clock says {our_clock}.",
    ),
    "time_without_state": (
        "Thời điểm này không hợp với trạng thái {status}.",
        "This time does not go with the state {status}.",
    ),
    "not_of_this_kind": (
        "Sự kiện {kind} không mang trường này.",
        "The event {kind} does not carry this.",
    ),
    "state_of_another_kind": (
        "Sự kiện {kind} không dẫn đến trạng thái này; có thể là: {may_be}.",
        "The event {kind} does not lead to this state; what it may state: {may_be}.",
    ),
    "embellishes": (
        "Hồ sơ đã kết thúc trễ hạn: thay đổi này phải có lý do và người phê duyệt.",
        "The dossier ended late: this change needs a reason and an approver.",
    ),
    "unknown_event": (
        "Không có sự kiện nào mang mã này trong hồ sơ.",
        "No event of this dossier has this ref.",
    ),
    "ref_repeated": ("Mã sự kiện bị lặp trong lịch sử.", "This event ref occurs twice."),
    "unknown_fee": ("Hồ sơ không có khoản thu này.", "The dossier has no such fee."),
    "read_only_patch": ("Trường này không được đính chính.", "This field may not be patched."),
    "patch_invalid": (
        "Nội dung sau đính chính không hợp lệ.",
        "The dossier would not be valid after this patch.",
    ),
    "code_fixed": (
        "Mã hồ sơ đã có, chỉ đổi được bằng sự kiện corrected.",
        "The official code is set; only a corrected event may change it.",
    ),
    "code_told": (
        "Hệ thống khác đã nhận mã hồ sơ này nên không đổi được nữa.",
        "A system was told this official code, so it stays.",
    ),
    "told_by_event": (
        "Khác với lần gửi đầu; thay đổi này gửi bằng sự kiện {kind}.",
        "Stated otherwise than at first; tell this change by an event {kind}.",
    ),
    "registered_once": (
        "Sự kiện registered chỉ có một lần, ở đầu lịch sử.",
        "There is one registered event, at the beginning of the history.",
    ),
}
