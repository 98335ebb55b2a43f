"""Answers that are no success, whatever system gives them: the shots of the battery.

Some stand alone; others are made of the honest answer, because what deceives a reader most is the
success that it expects, with one thing wrong. None of them may ever make a delivery.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.kit.port import Reply

STATUSES = (
    *(0, 100, 102, 300, 301, 302, 303, 304, 307, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409),
    *(
        410,
        413,
        415,
        418,
        421,
        422,
        423,
        429,
        431,
        451,
        500,
        501,
        502,
        503,
        504,
        520,
        599,
        600,
        999,
    ),
)
OTHER = "H00.00-000101-0000"
"""The code of a dossier of somebody else."""
SENTENCES = (
    "Không thành công",
    "Chưa thành công: lỗi cơ sở dữ liệu",
    "Đồng bộ không thành công 1/1 hồ sơ",
    "Đồng bộ thành công 0/1 hồ sơ",
    "THÀNH CÔNG? KHÔNG\u0302NG: THẤT BẠI",
    "Cập nhật tiến độ thất bại, xin thử lại sau",
    "khong thanh cong",
    "Khong dong bo thanh cong",
    "that bai",
    "Phiên làm việc đã hết hạn",
    "Hệ thống đang bảo trì",
    "Lỗi hệ thống, vui lòng thử lại sau",
)
ALONE: tuple[Any, ...] = (
    None,
    [],
    {},
    0,
    1,
    True,
    "",
    "OK",
    [None],
    [[]],
    {"status": 500},
    {"status": 500, "errors": "Lỗi hệ thống, vui lòng thử lại sau"},
    {"status": 400, "title": "Hồ sơ không hợp lệ", "errors": {"code": ["bắt buộc"]}},
    {"code": 1, "message": "that bai"},
    {"code": 0, "message": "không thành công"},
    {"code": 200, "message": "Không thành công", "data": None},
    {"error": "invalid_token"},
    {"error": {"code": 403, "message": "not permitted"}},
    {"errors": ["x"]},
    {"errorCode": "1", "message": "thành công"},
    {"error_code": 777, "message": "thành công"},
    {"error_code": None, "message": "thành công"},
    {"error_code": [0], "message": "thành công"},
    {"error_code": {"value": 0}, "message": "thành công"},
    {"error_code": False, "message": "thành công"},
    {"error_code": "text", "message": "thành công"},
    {"error_code": "(text)", "message": "thành công"},
    {"error_code": 0.5, "message": "thành công"},
    {"ok": "(true)"},
    {"success": False, "message": "thành công"},
    {"ok": "true"},
    {"ok": 1},
    {"fault": {"code": 900802, "message": "Message throttled out", "description": "x"}},
    *({"error_code": 0, "message": sentence} for sentence in SENTENCES),
    *({"error_code": -1, "message": sentence} for sentence in SENTENCES[:3]),
    *({"status": 200, "title": sentence} for sentence in SENTENCES[:4]),
)
BESIDE: tuple[dict[str, Any], ...] = (
    {"status": 500},
    {"status": "500"},
    {"error_code": -1},
    {"error_code": "1"},
    {"errors": ["x"]},
    {"errors": {"code": ["bắt buộc"]}},
    {"error": True},
    {"problems": [{"pointer": "/x"}]},
    {"success": False},
    {"result": {"error_code": -1}},
    {"result": [{"ok": True}, {"ok": False}]},
    {"data": [{"error": {"message": "hỏng"}}]},
    {"data": {"status": 500, "message": "hỏng"}},
    {"detail": [{"message": "Không thành công"}]},
    *({"message": sentence} for sentence in SENTENCES),
)
"""What denies a success that stands in the same object."""
RAW: tuple[tuple[str, str, bytes], ...] = (
    ("empty", "application/json", b""),
    ("spaces", "", b" \r\n"),
    ("page", "text/html", "<html><body>Cập nhật thành công</body></html>".encode()),
    ("page without its type", "", "<!DOCTYPE html><p>thành công".encode()),
    ("maintenance page", "text/html", "<html>Hệ thống đang bảo trì</html>".encode()),
    ("login page", "text/html", b"<html><form><input type=password></form></html>"),
    ("soap fault", "text/xml", b"<soap:Envelope xmlns:soap='x'><soap:Fault/></soap:Envelope>"),
    ("element", "text/xml", "<string>Không thành công</string>".encode()),
    ("element with JSON", "text/xml", b'<string>{"error_code":-1,"message":"no"}</string>'),
    ("string with JSON", "", json.dumps('{"error_code": 0, "message": "thất bại"}').encode()),
    ("text", "text/plain", "Cập nhật không thành công".encode()),
    ("text, later", "text/plain", "Cập nhật tiến độ thất bại, xin thử lại sau".encode()),
    ("odd UTF-16", "", b"\xff\xfe{\x00\x22"),
    ("UTF-16 garbage", "application/json; charset=utf-16", b"\xd8\x00\xdc"),
    ("no charset", "text/plain; charset=x-unknown", b"\xe0\xc7\xd2\xff\xfe\xfd"),
    ("deep", "", b"[" * 5000),
    ("zeros", "", b"\x00" * 64),
    ("broken gzip", "", gzip.compress(b'{"error_code": 0}')[:-6]),
    ("bomb", "", gzip.compress(b" " * (9 * 1024 * 1024) + b"{}")),
    ("no number", "", b'{"error_code": NaN, "message": "x"}'),
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One answer that is no success: its name, and what it makes of an honest one.

    make: gives None where the honest answer has nothing that could be made wrong so
    item: the one of several dossiers that it is no success for; None: for none of them
    """

    name: str
    make: Callable[[Reply], Reply | None]
    item: int | None = None


def shots() -> Iterator[Shot]:
    """Give all of them."""
    for status in STATUSES:
        yield Shot(f"HTTP {status}", partial(_with, status=status))
    for place, value in enumerate(ALONE):
        body = json.dumps(value, ensure_ascii=False).encode()
        yield Shot(f"alone {place}: {body.decode()[:60]}", _always("application/json", body))
    for name, kind, body in RAW:
        yield Shot(name, _always(kind, body))
    for beside in BESIDE:
        name = json.dumps(beside, ensure_ascii=False)
        yield Shot(f"beside: {name}", partial(_beside, more=beside))
    yield Shot("cut", _cut)
    yield Shot("twice", partial(_cut, more=True))
    yield Shot("wrong byte", lambda honest: _with(honest, body=b"\xff" + honest.body))
    yield Shot("nothing in it", lambda honest: _each(honest, lambda _name, _one: None))
    yield Shot("upper case", lambda honest: _named(honest, str.upper))
    yield Shot("nested", lambda honest: _wrapped(honest, lambda value: {"data": value}))
    yield Shot("in a list of two", lambda honest: _wrapped(honest, lambda value: [value, value]))
    yield Shot("contrary", lambda honest: _each(honest, _contrary))
    yield Shot("a name twice", _double)


def _always(kind: str, body: bytes) -> Callable[[Reply], Reply]:
    made = Reply(status=200, headers={"content-type": kind}, body=body)
    return lambda _honest: made


def _with(honest: Reply, *, status: int | None = None, body: bytes | None = None) -> Reply:
    return Reply(
        status=honest.status if status is None else status,
        headers=honest.headers,
        body=honest.body if body is None else body,
    )


def _value(honest: Reply) -> Any:
    try:
        return json.loads(honest.body)
    except ValueError:
        return None


def _beside(honest: Reply, more: dict[str, Any]) -> Reply | None:
    """Put something beside what they say, in place of what they say in that field."""
    value = _value(honest)
    if not isinstance(value, dict) or not value:
        return None
    return _with(honest, body=json.dumps(value | more, ensure_ascii=False).encode())


def _cut(honest: Reply, *, more: bool = False) -> Reply | None:
    if _value(honest) is None:
        return None
    return _with(honest, body=honest.body * 2 if more else honest.body[: len(honest.body) // 2])


def _wrapped(honest: Reply, wrap: Callable[[Any], Any]) -> Reply | None:
    value = _value(honest)
    return None if value is None else _with(honest, body=json.dumps(wrap(value)).encode())


def _each(honest: Reply, change: Callable[[str, Any], Any]) -> Reply | None:
    """Change each value of their answer."""
    value = _value(honest)
    if not isinstance(value, dict):
        return None
    changed = {key: change(key, one) for key, one in value.items()}
    return None if changed == value else _with(honest, body=json.dumps(changed).encode())


def _named(honest: Reply, change: Callable[[str], str]) -> Reply | None:
    value = _value(honest)
    if not isinstance(value, dict):
        return None
    return _with(honest, body=json.dumps({change(key): one for key, one in value.items()}).encode())


def _contrary(name: str, value: Any) -> Any:
    """Say the contrary of a code or a word."""
    match value:
        case bool():
            return not value
        case int() | "0" | "00" | "1" if "code" in name or "status" in name:
            return -999
        case str():
            return f"Không {value}"
        case _:
            return value


def _double(honest: Reply) -> Reply | None:
    """Say no first, and then what they say: one name has two values."""
    value = _value(honest)
    if not isinstance(value, dict) or not value:
        return None
    name = next(iter(value))
    contrary = json.dumps({name: _contrary(name, value[name])}).encode()
    return _with(honest, body=contrary[:-1] + b", " + honest.body.lstrip()[1:])
