-- A plan may be sold for a limited time: its last phase has a length then, and service ends with it.
comment on column billing.plan.phases is '[{"kind": "trial", "count": 1, "unit": "months"}], in order; service ends with the last one if it has a length; null: one that never ends';
