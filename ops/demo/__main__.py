"""`python -m ops.demo` fills the demo tenant; `anju up` runs it beside the other processes in demo mode."""

from __future__ import annotations

from ops.demo.seed import seed
from ops.process import begin_process
from tenants.database import kernel, shutdown


def main() -> None:
    """Refuse outside demo mode, else seed; a second run finds everything there."""
    app = begin_process("demo")
    if not kernel().settings.demo:
        raise SystemExit("demo data exists in demo mode only")
    with app.app_context():
        seed(kernel())
    shutdown()


if __name__ == "__main__":
    main()
