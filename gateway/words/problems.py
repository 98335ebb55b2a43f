"""Titles and details of everything that intake refuses: (Vietnamese, English)."""

from __future__ import annotations

TITLES: dict[str, tuple[str, str]] = {
    "invalid": ("Hồ sơ có trường không hợp lệ", "Some fields are not valid"),
    "impossible": ("Bước này không thể xảy ra", "This step cannot happen"),
    "malformed_json": ("Nội dung không phải JSON hợp lệ", "The body is not valid JSON"),
    "media_type": ("Không nhận loại nội dung này", "This media type is not accepted"),
    "too_large": ("Nội dung quá lớn", "The body is too large"),
    "unauthorized": ("Khóa truy cập không hợp lệ", "The key is missing, unknown or has ended"),
    "issuer_unavailable": (
        "Tạm thời chưa kiểm tra được đăng nhập, hãy gửi lại",
        "The identity provider cannot be reached; send it again",
    ),
    "reason_needed": (
        "Phải nêu lý do khi mở hồ sơ này",
        "Say why: the header X-Reason, 1–500 characters",
    ),
    "wrong_login": (
        "Tên đăng nhập hoặc mật khẩu không đúng, hoặc đang bị khóa",
        "Login or password is wrong, or locked for a while",
    ),
    "too_many_logins": (
        "Quá nhiều người đang đăng nhập, hãy thử lại",
        "Too many people are logging in; try again",
    ),
    "password_must_change": (
        "Phải đổi mật khẩu trước: PUT /v1/session/password",
        "Choose a password of your own first: PUT /v1/session/password",
    ),
    "forbidden_agency": (
        "Khóa này không được nộp thay cơ quan này",
        "This key may not speak for this agency",
    ),
    "forbidden_code": (
        "Mã hồ sơ này do cơ quan khác cấp",
        "This official code belongs to another unit",
    ),
    "not_yours": (
        "Chỉ bên phụ trách hồ sơ mới được làm việc này",
        "Only whoever owns this dossier may do this",
    ),
    "owner_unverified": (
        "Chưa chắc hai bên nói về cùng một chủ hồ sơ; hãy gửi kèm số định danh",
        "It is not sure that both sides mean one citizen; post the row with an identity number",
    ),
    "forbidden": ("Không có quyền làm việc này", "This needs a right that the caller has not"),
    "sandbox_only": ("Chỉ khóa thử nghiệm mới được xóa", "Only sandbox keys may delete"),
    "cursor_outdated": (
        "Cơ sở dữ liệu đã được khôi phục: bỏ cursor và đọc lại, từ đầu hoặc từ updated_after",
        "The database was restored: read anew without cursor, from the start or updated_after",
    ),
    "not_found": ("Không có địa chỉ này", "There is nothing at this address"),
    "method": ("Phương thức không được hỗ trợ", "This method is not supported here"),
    "no_such_dossier": ("Không có hồ sơ này", "There is no such dossier"),
    "no_such_client": ("Không có phần mềm nguồn này", "There is no such client"),
    "no_such_key": ("Không có khóa nào như vậy còn dùng được", "No such key works any more"),
    "client_name_taken": ("Tên này đã được dùng", "A client has this name already"),
    "no_such_file": ("Không có tệp này", "There is no such file"),
    "digest_mismatch": (
        "Tệp nhận được khác mã băm đã khai báo",
        "The bytes received differ from the stated digest",
    ),
    "ref_reused": (
        "Mã nguồn này đã dùng cho nội dung khác",
        "This ref was used for a different dossier",
    ),
    "event_ref_reused": (
        "Mã sự kiện này đã dùng cho nội dung khác",
        "This ref was used for a different event",
    ),
    "code_fixed": ("Mã hồ sơ không đổi được nữa", "The official code is fixed"),
    "version_conflict": ("Hồ sơ đã có phiên bản khác", "The dossier has another version by now"),
    "snapshot_contradicts": (
        "Cùng thời điểm nhưng nội dung khác",
        "Another row was posted for the same as_of",
    ),
    "idempotency_key_reused": (
        "Idempotency-Key đã dùng cho yêu cầu khác",
        "This Idempotency-Key was used for a different request",
    ),
    "code_taken": (
        "Mã hồ sơ này đã có ở một hồ sơ khác",
        "This code already belongs to another dossier",
    ),
    "status_not_yours": (
        "Trạng thái hồ sơ này do hệ thống khác quyết định",
        "Another system owns the state of this dossier",
    ),
    "merged": ("Hồ sơ đã được gộp", "This dossier has been merged into another"),
    "unavailable": (
        "Tạm thời chưa ghi được, hãy gửi lại",
        "Nothing can be stored right now; send it again",
    ),
    "malformed_http": ("Yêu cầu HTTP không hợp lệ", "This is not valid HTTP"),
    "head_too_large": ("Phần đầu yêu cầu quá lớn", "The headers are too large"),
    "uri_too_long": ("Địa chỉ quá dài", "The address is too long"),
    "too_slow": ("Yêu cầu gửi quá chậm", "The request came too slowly"),
    "too_many_connections": (
        "Quá nhiều kết nối, hãy thử lại sau",
        "Too many connections; try again later",
    ),
    "too_many_requests": (
        "Quá nhiều yêu cầu, hãy chậm lại",
        "Too many requests; slow down",
    ),
    "busy": ("Cổng đang quá tải, hãy gửi lại sau", "Too much is under way; send it again later"),
    "disk_low": (
        "Ổ đĩa sắp đầy, tạm thời chưa nhận",
        "The disk is nearly full; nothing is taken for now",
    ),
    "too_many_wrong_keys": (
        "Quá nhiều khóa sai, hãy thử lại sau",
        "Too many wrong keys; try again later",
    ),
    "too_many_uploads": (
        "Đang gửi quá nhiều tệp cùng lúc",
        "Too many files are being sent at once",
    ),
    "files_full": (
        "Đã hết dung lượng lưu tệp của khóa này",
        "This client has stored as many bytes of files as it may",
    ),
    "internal": ("Lỗi của cổng", "The gateway failed"),
}

DETAILS: dict[str, tuple[str, str]] = {
    "missing": ("Thiếu trường bắt buộc.", "This field is required."),
    "unknown_field": (
        "Không có trường này trong lược đồ.{hint}",
        "The schema has no such field.{hint}",
    ),
    "read_only": ("Trường này do cổng ghi.", "This field is set by the gateway."),
    "type": ("Sai kiểu; cần {expected}.", "Wrong type; expected {expected}."),
    "code_is_text": (
        'Mã phải là chuỗi: số làm mất số 0 ở đầu ("01234" thành 1234).',
        'Codes are texts: a number loses its leading zero ("01234" becomes 1234).',
    ),
    "value": ("Giá trị không hợp lệ; cần {expected}.", "Not valid; expected {expected}."),
    "forbidden_character": (
        "Có ký tự không được phép (NUL hoặc nửa cặp thay thế).",
        "Contains a character that is not allowed (NUL or a lone surrogate).",
    ),
    "too_many_marks": (
        "Một chữ có hơn {most} dấu.",
        "A letter has more than {most} marks.",
    ),
    "too_many_values": ("Có hơn {most} giá trị.", "There are more than {most} values."),
    "unknown_parameter": ("Không có tham số này.", "There is no such parameter."),
    "repeated_parameter": ("Tham số bị lặp.", "This parameter is given twice."),
    "send_raw": (
        "Gửi tệp làm nội dung thô: --data-binary @tệp, Content-Type là loại của tệp.",
        "Send the file as the raw body: --data-binary @FILE, with its own Content-Type.",
    ),
    "empty_file": ("Tệp không có nội dung nào.", "The file has no bytes."),
    "repeated_key": ("Khóa JSON bị lặp.", "This JSON key occurs twice."),
    "too_deep": ("JSON lồng quá sâu.", "The JSON is nested too deeply."),
    "not_json": ("Không đọc được JSON: {why}.", "Not JSON: {why}."),
    "differs": ("Khác với nội dung đã lưu.", "Differs from what is stored."),
    "code_taken": (
        "Mã này đã có ở hồ sơ khác trong cổng.",
        "Another dossier here has this code.",
    ),
    "code_of_another_unit": (
        "Mã này thuộc đơn vị nằm ngoài phạm vi của khóa.",
        "The unit in this code is outside the key's subtrees.",
    ),
    "not_yours": (
        "Cần quyền {right} đối với hồ sơ này.",
        "This needs the right {right} on this dossier.",
    ),
    "unknown_client": ("Không có phần mềm này.", "There is no such client."),
    "same_client": ("Hai bên là một.", "Both are one client."),
    "other_environment": (
        "Bên nhận ở môi trường khác.",
        "The taker is in another environment.",
    ),
    "serves_not": (
        "Bên nhận không phục vụ cơ quan này.",
        "The taker does not serve these agencies.",
    ),
    "code_conflict": (
        "Hồ sơ khác cũng có mã này; cần người xem.",
        "Another dossier has this code too; a human must look.",
    ),
    "no_such_source": (
        "Hồ sơ này không có nguồn đó.",
        "This dossier has no such source.",
    ),
    "source_is_sure": (
        "Nguồn này đã được xác nhận là cùng một hồ sơ.",
        "This source is known to mean the same dossier.",
    ),
    "nothing_kept": (
        "Không còn bản ghi nào của nguồn này.",
        "Nothing that this source said is kept.",
    ),
    "no_such_duplicate": (
        "Không có hồ sơ trùng này.",
        "There is no such dossier to merge.",
    ),
    "weak_password": (
        "Mật khẩu phải có {expected}.",
        "The password must have {expected}.",
    ),
    "agency": (
        "Cơ quan này nằm ngoài phạm vi của khóa.",
        "This agency is outside the key's subtrees.",
    ),
    "unknown_procedure": (
        "Danh mục thủ tục không có mã này.",
        "The procedure catalogue has no such code.",
    ),
    "too_long_extension": ("Lớn hơn 32 kB.", "Larger than 32 kB."),
}

LANES: dict[str, tuple[str, str]] = {
    "shadowed": (
        "hệ thống chạy thử: đã dịch và giữ nội dung, chưa gửi",
        "in shadow mode: it was translated and kept, and not sent",
    ),
    "off": (
        "chưa gửi: hệ thống đang tắt khi việc này xảy ra",
        "not sent: the system was switched off when it happened",
    ),
    "added": (
        "chưa gửi: hồ sơ có trước khi hệ thống được nối",
        "not sent: the dossier is older than the connection to this system",
    ),
    "settled": (
        "đã báo bằng tay, không do cổng gửi",
        "told by hand, not sent by the gateway",
    ),
    "needs_code": ("chờ mã hồ sơ", "waits for the official code"),
    "unreachable": (
        "hệ thống không nhận, sẽ gửi lại",
        "the system cannot be reached; it is retried",
    ),
    "uncertain": (
        "đã gửi nhưng chưa rõ kết quả, sẽ kiểm tra lại",
        "sent, and no answer was read; it is resolved and retried",
    ),
    "blocked": (
        "bị chặn: sai tài khoản, chứng thư hoặc địa chỉ",
        "blocked: credential, certificate or address is wrong",
    ),
    "suspect": (
        "hệ thống trả lời ngoài hợp đồng; hồ sơ khác sẽ cho biết lỗi ở đâu, sẽ gửi lại",
        "an answer outside the contract: others show whose fault it is; it is retried",
    ),
    "singled_out": (
        "hệ thống không nhận riêng hồ sơ này, cần người tích hợp xem",
        "they do not take this dossier, and take others; the integrator must look",
    ),
    "system_paused": (
        "hệ thống đang tạm dừng vì cùng một lỗi",
        "the system is paused for one common cause",
    ),
    "asked": ("hệ thống đã nhận, chờ trả lời", "accepted by the system; its verdict is awaited"),
    "asked_holds": (
        "hệ thống đã nhận, chờ trả lời",
        "accepted by the system; its verdict is awaited",
    ),
    "refused": ("hệ thống từ chối, cần cán bộ sửa", "refused by the system; an officer must act"),
    "exists_already": (
        "hệ thống đã có hồ sơ mang mã này, có thể của người khác; cần cán bộ kiểm tra mã",
        "a dossier stands there under this code, perhaps another's; an officer must check the code",
    ),
    "cannot_express": (
        "hệ thống này không nhận được nội dung này, cần cán bộ sửa",
        "this system cannot be told this; an officer must act",
    ),
    "untold": (
        "không gửi cho hệ thống này theo cài đặt, cho đến khi hồ sơ có đủ nội dung",
        "not told to this system, as its settings say, until the dossier has what is lacking",
    ),
    "malformed": (
        "hệ thống trả lời không theo hợp đồng",
        "the system's answer is outside its contract",
    ),
    "lapsed": ("việc gửi bị ngắt nhiều lần", "the worker was lost several times on this one"),
    "may_stand_once": (
        "có thể đã ghi, cần người kiểm tra trước khi gửi lại",
        "it may have landed; a human must look before it is sent again",
    ),
    "too_many_failures": (
        "thất bại nhiều lần trong khi hồ sơ khác vẫn đi qua",
        "failed many times while others passed",
    ),
}
