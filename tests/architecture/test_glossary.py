"""One word per thing: what the database lets a column say is what our models can say."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from trueup.billing.calendar.model import Timing
from trueup.billing.catalog.model import Interval, PriceModel
from trueup.billing.customers.model import (
    Authority,
    CustomerStatus,
    Origin,
    PaymentMethodKind,
    PaymentMethodStatus,
    TaxIdentityKind,
)
from trueup.billing.drafting.model import LeftOutReason, LineKind
from trueup.billing.invoicing.model import CreditNoteStatus, Document, InvoiceKind, InvoiceStatus
from trueup.billing.payments.model import DisputeStatus, PaymentStatus
from trueup.billing.subscriptions.model import CollectionMethod, OrderKind, SubscriptionStatus
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind
from trueup.db.revisions import SCHEMA
from trueup.migration.mapping.model import Bucket

SPOKEN: dict[str, type[StrEnum] | set[str]] = {
    "credit_note_origin_known": Origin,
    "credit_origin_known": Origin,
    "credit_note_status_known": CreditNoteStatus,
    "customer_authority_known": Authority,
    "customer_origin_known": Origin,
    "customer_status_known": CustomerStatus,
    "dispute_status_known": DisputeStatus,
    "invoice_kind_known": InvoiceKind,
    "invoice_origin_known": Origin,
    "invoice_status_known": InvoiceStatus,
    "line_item_kind_known": LineKind,
    "load_status_known": {"running", "finished"},  # written by statements only
    "number_series_document_known": Document,
    "payment_method_kind_known": PaymentMethodKind,
    "payment_method_status_known": PaymentMethodStatus,
    "payment_status_known": PaymentStatus,
    "plan_interval_known": Interval,
    "price_aggregation_known": Aggregation,
    "price_kind_known": ChargeKind,
    "price_model_known": PriceModel,
    "price_timing_known": Timing,
    "refund_status_known": PaymentStatus,
    "set_aside_bucket_known": set(Bucket) - {Bucket.LOADED},
    "subscription_collection_known": CollectionMethod,
    "subscription_order_kind_known": OrderKind,
    "subscription_origin_known": Origin,
    "subscription_status_known": SubscriptionStatus,
    "usage_left_out_reason_known": LeftOutReason,
    "table_set_aside_bucket_known": {Bucket.MERGED, Bucket.EXCLUDED},  # no row of it is read: none is loaded or rejected
    "tax_identity_kind_known": TaxIdentityKind,
}  # fmt: skip


def words_by_constraint() -> dict[str, set[str]]:
    text = (SCHEMA / "schema.sql").read_text(encoding="utf-8")
    found = re.findall(r"CONSTRAINT (\w+_known) CHECK \(\(.*? = ANY \(ARRAY\[(.*?)\]\)\)\)", text)
    return {name: set(re.findall(r"'([^']*)'::text", words)) for name, words in found}


def test_every_vocabulary_of_the_schema_is_spoken_by_a_model() -> None:
    assert set(words_by_constraint()) == set(SPOKEN)


@pytest.mark.parametrize("constraint", sorted(SPOKEN))
def test_schema_and_model_say_the_same_words(constraint: str) -> None:
    assert words_by_constraint()[constraint] == {str(word) for word in SPOKEN[constraint]}
