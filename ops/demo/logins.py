"""The known logins of the demo, printed by `anju up`."""

from __future__ import annotations

from dataclasses import dataclass

SLUG = "jinxiu"
PASSWORD = "anju-yanshi-2026"


@dataclass(frozen=True)
class DemoLogin:
    """Who one can be in the demo."""

    title: str
    login: str
    role: str


LOGINS = (
    DemoLogin("管理员 administrator", "admin", "administrator"),
    DemoLogin("客服前台 front desk", "qiantai", "front_desk"),
    DemoLogin("维修技师 technician", "shifu", "technician"),
    DemoLogin("住户 resident", "zhuhu", "resident"),
)
