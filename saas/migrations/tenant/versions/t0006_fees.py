"""t0006_fees: fee items and prices, bill runs and lines, the ledger, money in and out, meters, dunning."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrate import grant_tenant

revision = "t0006_fees"
down_revision: str | None = "t0005_repairs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of this revision."""
    _create_bill_draft()
    _create_ledger_account()
    _create_ledger_close()
    _create_balance_snapshot()
    _create_bill_run()
    _create_fee_import()
    _create_fee_item()
    _create_ledger_transfer()
    _create_receipt_book()
    _create_assignment_rule()
    _create_pool_cost()
    _create_tariff()
    _create_dunning_case()
    _create_fee_assignment()
    _create_meter()
    _create_payment()
    _create_bill_line()
    _create_deposit()
    _create_reading()
    _create_bill_line_part()
    _create_concession()
    _create_line_balance()
    _create_payment_allocation()
    _create_refund()
    _create_receipt()


def _create_bill_draft() -> None:
    op.create_table(
        "bill_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("debtor_name", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("issue_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("concession_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_minor", sa.BigInteger(), nullable=True),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bill_draft"),
    )
    op.create_index(
        "ix_bill_draft_notable",
        "bill_draft",
        ["run_id", "flags"],
        unique=False,
        postgresql_where=sa.text("flags <> '{}'"),
    )
    op.create_index("ix_bill_draft_run_id_position", "bill_draft", ["run_id", "position"], unique=False)
    grant_tenant(op, "bill_draft")


def _create_ledger_account() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("debtor_name", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_account"),
        sa.UniqueConstraint("key", name="uq_ledger_account_key"),
    )
    op.create_index("ix_ledger_account_kind", "ledger_account", ["kind"], unique=False)
    grant_tenant(op, "ledger_account")


def _create_ledger_close() -> None:
    op.create_table(
        "ledger_close",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("cashier_id", sa.Uuid(), nullable=True),
        sa.Column("cashier_name", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("difference_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_by_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name="ck_ledger_close_period"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_close"),
    )
    op.create_index("ix_ledger_close_kind_starts_on", "ledger_close", ["kind", "starts_on"], unique=False)
    op.create_index(
        "uq_ledger_close_period",
        "ledger_close",
        ["kind", "starts_on"],
        unique=True,
        postgresql_where=sa.text("kind IN ('month', 'day') AND state = 'closed'"),
    )
    op.create_index(
        "uq_ledger_close_open_shift",
        "ledger_close",
        ["cashier_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'shift' AND state = 'open'"),
    )
    grant_tenant(op, "ledger_close")


def _create_balance_snapshot() -> None:
    op.create_table(
        "balance_snapshot",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("debit_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_account.id"], name="fk_balance_snapshot_account_id"),
        sa.PrimaryKeyConstraint("account_id", "as_of", name="pk_balance_snapshot"),
    )
    grant_tenant(op, "balance_snapshot")


def _create_bill_run() -> None:
    op.create_table(
        "bill_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("item_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("issue_on", sa.Date(), nullable=True),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_by_name", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_bill_run_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_run"),
        sa.UniqueConstraint("number", name="uq_bill_run_number"),
    )
    op.create_index("ix_bill_run_created_at", "bill_run", ["created_at"], unique=False)
    grant_tenant(op, "bill_run")


def _create_fee_import() -> None:
    op.create_table(
        "fee_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=True),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("issues", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by_name", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_fee_import_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fee_import"),
    )
    op.create_index("ix_fee_import_kind_file_hash", "fee_import", ["kind", "file_hash"], unique=False)
    grant_tenant(op, "fee_import")


def _create_fee_item() -> None:
    op.create_table(
        "fee_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("pricing", sa.Text(), nullable=False),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.Column("alignment", sa.Text(), nullable=False),
        sa.Column("cycle_months", sa.SmallInteger(), nullable=False),
        sa.Column("lead_days", sa.SmallInteger(), nullable=False),
        sa.Column("due_days", sa.SmallInteger(), nullable=False),
        sa.Column("due_day", sa.SmallInteger(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("meter_kind", sa.Text(), nullable=True),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("rent_basis", sa.Text(), nullable=False),
        sa.Column("escalation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("formula_per", sa.Text(), nullable=False),
        sa.Column("rounding_unit", sa.SmallInteger(), nullable=False),
        sa.Column("rounding_mode", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("receiving_account", sa.Text(), nullable=False),
        sa.Column("late_rate", sa.Numeric(precision=12, scale=8), nullable=True),
        sa.Column("late_grace_days", sa.SmallInteger(), nullable=False),
        sa.Column("late_cap", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("is_deposit", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cycle_months > 0 AND lead_days >= 0 AND due_days >= 0", name="ck_fee_item_periods"
        ),
        sa.CheckConstraint("rounding_unit IN (1, 10, 100)", name="ck_fee_item_rounding_unit"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_fee_item_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fee_item"),
        sa.UniqueConstraint("code", name="uq_fee_item_code"),
    )
    grant_tenant(op, "fee_item")


def _create_ledger_transfer() -> None:
    op.create_table(
        "ledger_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debit_id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("leg", sa.SmallInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("shift_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("debit_id <> credit_id", name="ck_ledger_transfer_two_accounts"),
        sa.CheckConstraint("minor > 0", name="ck_ledger_transfer_positive"),
        sa.ForeignKeyConstraint(["credit_id"], ["ledger_account.id"], name="fk_ledger_transfer_credit_id"),
        sa.ForeignKeyConstraint(["debit_id"], ["ledger_account.id"], name="fk_ledger_transfer_debit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_transfer"),
        sa.UniqueConstraint("cause", "cause_id", "leg", name="uq_ledger_transfer_cause_cause_id_leg"),
        info={"append_only": True},
    )
    op.create_index(
        "ix_ledger_transfer_credit_id_business_date",
        "ledger_transfer",
        ["credit_id", "business_date"],
        unique=False,
    )
    op.create_index(
        "ix_ledger_transfer_debit_id_business_date",
        "ledger_transfer",
        ["debit_id", "business_date"],
        unique=False,
    )
    op.create_index("ix_ledger_transfer_line_id", "ledger_transfer", ["line_id"], unique=False)
    grant_tenant(op, "ledger_transfer", append_only=True)


def _create_receipt_book() -> None:
    op.create_table(
        "receipt_book",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("template", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_receipt_book_community_id"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_book"),
        sa.UniqueConstraint("code", name="uq_receipt_book_code"),
    )
    grant_tenant(op, "receipt_book")


def _create_assignment_rule() -> None:
    op.create_table(
        "assignment_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("selector", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("is_split_by_share", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_assignment_rule_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assignment_rule"),
    )
    grant_tenant(op, "assignment_rule")


def _create_pool_cost() -> None:
    op.create_table(
        "pool_cost",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("pool_key", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity IS NOT NULL OR amount_minor IS NOT NULL", name="ck_pool_cost_known"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_pool_cost_community_id"),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_pool_cost_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pool_cost"),
        sa.UniqueConstraint(
            "item_id",
            "community_id",
            "pool_key",
            "period_from",
            "period_to",
            name="uq_pool_cost_once",
        ),
    )
    grant_tenant(op, "pool_cost")


def _create_tariff() -> None:
    op.create_table(
        "tariff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("fixed", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("tiers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_tariff_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tariff"),
        sa.UniqueConstraint("item_id", "starts_on", name="uq_tariff_item_id_starts_on"),
    )
    grant_tenant(op, "tariff")


def _create_dunning_case() -> None:
    op.create_table(
        "dunning_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("debtor_key", sa.Text(), nullable=False),
        sa.Column("debtor_name", sa.Text(), nullable=False),
        sa.Column("owed_minor", sa.BigInteger(), nullable=False),
        sa.Column("oldest_due_on", sa.Date(), nullable=True),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_call_task", sa.Boolean(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promised_minor", sa.BigInteger(), nullable=True),
        sa.Column("dispute_reason", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_dunning_case_community_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_dunning_case_person_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_dunning_case_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dunning_case"),
    )
    op.create_index(
        "ix_dunning_case_next_at",
        "dunning_case",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'promised')"),
    )
    op.create_index(
        "uq_dunning_case_running",
        "dunning_case",
        ["room_id", "debtor_key"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'promised', 'disputed')"),
    )
    grant_tenant(op, "dunning_case")


def _create_fee_assignment() -> None:
    op.create_table(
        "fee_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("debtor_name", sa.Text(), nullable=False),
        sa.Column("share_num", sa.BigInteger(), nullable=False),
        sa.Column("share_den", sa.BigInteger(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("weight", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("coefficient", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("household_size", sa.SmallInteger(), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("escalation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pool_key", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ck_fee_assignment_period"),
        sa.CheckConstraint("share_num > 0 AND share_num <= share_den", name="ck_fee_assignment_share"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_fee_assignment_community_id"),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_fee_assignment_item_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_fee_assignment_person_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_fee_assignment_room_id"),
        sa.ForeignKeyConstraint(["rule_id"], ["assignment_rule.id"], name="fk_fee_assignment_rule_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fee_assignment"),
    )
    op.create_index(
        "ix_fee_assignment_community_id_item_id", "fee_assignment", ["community_id", "item_id"], unique=False
    )
    op.create_index(
        "ix_fee_assignment_item_id_object_id", "fee_assignment", ["item_id", "object_id"], unique=False
    )
    op.create_index("ix_fee_assignment_room_id", "fee_assignment", ["room_id"], unique=False)
    grant_tenant(op, "fee_assignment")


def _create_meter() -> None:
    op.create_table(
        "meter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("place_text", sa.Text(), nullable=False),
        sa.Column("pool_key", sa.Text(), nullable=True),
        sa.Column("registers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digits", sa.SmallInteger(), nullable=False),
        sa.Column("multiplier", sa.Numeric(precision=12, scale=4), nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("initial_values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("final_values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("multiplier > 0 AND digits > 0", name="ck_meter_register"),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name="fk_meter_building_id"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_meter_community_id"),
        sa.ForeignKeyConstraint(["replaces_id"], ["meter.id"], name="fk_meter_replaces_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_meter_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_meter"),
        sa.UniqueConstraint("number", name="uq_meter_number"),
    )
    op.create_index("ix_meter_community_id_kind", "meter", ["community_id", "kind"], unique=False)
    op.create_index("ix_meter_room_id", "meter", ["room_id"], unique=False)
    grant_tenant(op, "meter")


def _create_payment() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tendered_minor", sa.BigInteger(), nullable=True),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.Column("allocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("prepaid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("intent", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("payer_id", sa.Uuid(), nullable=True),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("cashier_id", sa.Uuid(), nullable=True),
        sa.Column("cashier_name", sa.Text(), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.SmallInteger(), nullable=False),
        sa.Column("attention", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_payment_amount"),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor", name="ck_payment_refunded"
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_payment_community_id"),
        sa.ForeignKeyConstraint(["payer_id"], ["person.id"], name="fk_payment_payer_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_payment_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
        sa.UniqueConstraint("number", name="uq_payment_number"),
    )
    op.create_index(
        "ix_payment_attention",
        "payment",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("attention IS NOT NULL"),
    )
    op.create_index(
        "ix_payment_business_date_cashier_id", "payment", ["business_date", "cashier_id"], unique=False
    )
    op.create_index("ix_payment_payer_id", "payment", ["payer_id"], unique=False)
    op.create_index("ix_payment_room_id", "payment", ["room_id"], unique=False)
    op.create_index(
        "ix_payment_unfinished",
        "payment",
        ["next_check_at"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('SUCCEEDED', 'FAILED', 'CANCELED')"),
    )
    op.create_index(
        "uq_payment_provider_ref",
        "payment",
        ["provider", "provider_ref"],
        unique=True,
        postgresql_where=sa.text("provider_ref IS NOT NULL"),
    )
    grant_tenant(op, "payment")


def _create_bill_line() -> None:
    op.create_table(
        "bill_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("debtor_name", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("issue_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("concession_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("period_to > period_from", name="ck_bill_line_period"),
        sa.ForeignKeyConstraint(["assignment_id"], ["fee_assignment.id"], name="fk_bill_line_assignment_id"),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_bill_line_item_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_line"),
        sa.UniqueConstraint(
            "assignment_id", "period_from", "period_to", "kind", "sequence", name="uq_bill_line_once"
        ),
        info={"append_only": True},
    )
    op.create_index(
        "ix_bill_line_corrects_id",
        "bill_line",
        ["corrects_id"],
        unique=False,
        postgresql_where=sa.text("corrects_id IS NOT NULL"),
    )
    op.create_index("ix_bill_line_person_id", "bill_line", ["person_id"], unique=False)
    op.create_index("ix_bill_line_room_id_period_from", "bill_line", ["room_id", "period_from"], unique=False)
    op.create_index("ix_bill_line_run_id", "bill_line", ["run_id"], unique=False)
    grant_tenant(op, "bill_line", append_only=True)


def _create_deposit() -> None:
    op.create_table(
        "deposit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("deducted_minor", sa.BigInteger(), nullable=False),
        sa.Column("returned_minor", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("moves", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_deposit_amount"),
        sa.CheckConstraint(
            "deducted_minor >= 0 AND returned_minor >= 0 AND deducted_minor + returned_minor <= amount_minor",
            name="ck_deposit_held",
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_deposit_community_id"),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_deposit_item_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_deposit_payment_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_deposit_person_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_deposit_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deposit"),
        sa.UniqueConstraint("number", name="uq_deposit_number"),
    )
    op.create_index("ix_deposit_room_id", "deposit", ["room_id"], unique=False)
    grant_tenant(op, "deposit")


def _create_reading() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter_id", sa.Uuid(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("previous", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("usage", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("is_rolled_over", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("held_because", sa.Text(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("photo_key", sa.Text(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("read_by", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_by_name", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name="fk_reading_meter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reading"),
        sa.UniqueConstraint(
            "meter_id",
            "register",
            "read_on",
            "value",
            name="uq_reading_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_reading_waiting",
        "reading",
        ["meter_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'held')"),
    )
    grant_tenant(op, "reading")


def _create_bill_line_part() -> None:
    op.create_table(
        "bill_line_part",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("months", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["bill_line.id"], name="fk_bill_line_part_line_id"),
        sa.PrimaryKeyConstraint("line_id", "position", name="pk_bill_line_part"),
        info={"append_only": True},
    )
    grant_tenant(op, "bill_line_part", append_only=True)


def _create_concession() -> None:
    op.create_table(
        "concession",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("value", sa.Numeric(precision=18, scale=6), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("cap_minor", sa.BigInteger(), nullable=True),
        sa.Column("early_days", sa.SmallInteger(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("is_exclusive", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proof_key", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_by_name", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by_name", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR ends_on > starts_on", name="ck_concession_validity"
        ),
        sa.ForeignKeyConstraint(["assignment_id"], ["fee_assignment.id"], name="fk_concession_assignment_id"),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name="fk_concession_community_id"),
        sa.ForeignKeyConstraint(["item_id"], ["fee_item.id"], name="fk_concession_item_id"),
        sa.ForeignKeyConstraint(["line_id"], ["bill_line.id"], name="fk_concession_line_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_concession_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_concession"),
    )
    op.create_index("ix_concession_item_id", "concession", ["item_id"], unique=False)
    op.create_index("ix_concession_line_id", "concession", ["line_id"], unique=False)
    grant_tenant(op, "concession")


def _create_line_balance() -> None:
    op.create_table(
        "line_balance",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("late_charged_to", sa.Date(), nullable=True),
        sa.Column("is_disputed", sa.Boolean(), nullable=False),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["bill_line.id"], name="fk_line_balance_line_id"),
        sa.PrimaryKeyConstraint("line_id", name="pk_line_balance"),
    )
    op.create_index(
        "ix_line_balance_due_open",
        "line_balance",
        ["community_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_line_balance_person_open",
        "line_balance",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_line_balance_room_open",
        "line_balance",
        ["room_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    grant_tenant(op, "line_balance")


def _create_payment_allocation() -> None:
    op.create_table(
        "payment_allocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor <> 0", name="ck_payment_allocation_not_zero"),
        sa.ForeignKeyConstraint(["line_id"], ["bill_line.id"], name="fk_payment_allocation_line_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_payment_allocation_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_allocation"),
        info={"append_only": True},
    )
    op.create_index("ix_payment_allocation_line_id", "payment_allocation", ["line_id"], unique=False)
    op.create_index("ix_payment_allocation_payment_id", "payment_allocation", ["payment_id"], unique=False)
    grant_tenant(op, "payment_allocation", append_only=True)


def _create_refund() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("deposit_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("requested_by_name", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by_name", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_refund_amount"),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_account.id"], name="fk_refund_account_id"),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"], name="fk_refund_deposit_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_refund_payment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refund"),
        sa.UniqueConstraint("number", name="uq_refund_number"),
    )
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"], unique=False)
    grant_tenant(op, "refund")


def _create_receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("book_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("full_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("deposit_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("contents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prints", sa.SmallInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("issued_by_name", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["receipt_book.id"], name="fk_receipt_book_id"),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"], name="fk_receipt_deposit_id"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name="fk_receipt_payment_id"),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name="fk_receipt_refund_id"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_receipt_room_id"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
        sa.UniqueConstraint("book_id", "number", name="uq_receipt_book_id_number"),
    )
    op.create_index("ix_receipt_issued_at", "receipt", ["issued_at"], unique=False)
    op.create_index("ix_receipt_payment_id", "receipt", ["payment_id"], unique=False)
    grant_tenant(op, "receipt")
