"""The words of the portal's answers about procedures: names of fields, codes, units."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from schemas.catalogue.duration import Unit

UNITS: Mapping[str, Unit] = MappingProxyType(
    {"ngày làm việc": Unit.WORKING_DAY, "giờ làm việc": Unit.WORKING_HOUR}
)
"""What DONVITINH surely means; a bare "Ngày" or "Giờ" could be either: a setting decides."""

CHANNELS = MappingProxyType({"1": "direct", "2": "online", "3": "post"})

READ = frozenset(
    {
        "MATTHC",
        "TENTTHC",
        "TRANGTHAI",
        "QUYETDINH",
        "CAPTHUCHIEN",
        "LINHVUCTHUCHIEN",
        "CACHTHUCTHUCHIEN",
        "THANHPHANHOSO",
        "KETQUATHUCHIEN",
    }
)

PASSED_OVER = frozenset(
    {
        "ID",
        "MACOQUANCONGBO",
        "LOAITTHC",
        "IDQUYETDINHCONGBO",
        "YEUCAU",
        "TUKHOA",
        "MOTA",
        "MOTADOITUONGTHUCHIEN",
        "DIACHITIEPNHAN",
        "TRINHTUTHUCHIEN",
        "DOITUONGTHUCHIEN",
        "CANCUPHAPLY",
        "COQUANTHUCHIEN",
        "COQUANCOTHAMQUYEN",
        "COQUANDUOCUYQUYEN",
        "COQUANPHOIHOP",
        "TTHCLIENQUAN",
        "TTHCLIENTHONG",
    }
)
"""What the answers hold beside, and this catalogue has no place for."""
