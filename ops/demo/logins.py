"""The known logins of the demo, printed by `anju up`."""

from __future__ import annotations

from dataclasses import dataclass

SLUG = "jinxiu"
PASSWORD = "anju-yanshi-2026"


@dataclass(frozen=True)
class DemoLogin:
    """Who one can be in the demo."""

    title: str
    name: str
    login: str
    role: str


LOGINS = (
    DemoLogin("管理员", "林静", "19900009001", "administrator"),
    DemoLogin("客服前台", "何小雨", "19900009002", "front_desk"),
    DemoLogin("维修技师", "赵师傅", "19900009003", "technician"),
    DemoLogin("业主", "陈女士", "19900009004", "resident"),
)
