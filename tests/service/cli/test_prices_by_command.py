"""Prices by command: each model as the guides spell it, and a refusal that shows one that works."""

from __future__ import annotations

import json
import shlex
from decimal import Decimal

import pytest
from tests.service.cli.command_line import CommandLine

from trueup.billing.catalog.model import PriceModel
from trueup.billing.rating.model import (
    BlockPolicy,
    BlockPrice,
    BlockTier,
    CapacityPrice,
    CapacityTier,
    Cell,
    DynamicPrice,
    GraduatedPrice,
    MatrixPrice,
    PackagePrice,
    PercentagePrice,
    Tier,
    UnitPrice,
)
from trueup.billing.rating.rules.storage import parse_price
from trueup.cli.price_examples import EXAMPLES
from trueup.cli.pricing import read_price

D = Decimal
EU = Cell(UnitPrice(D("0.1")), {"region": ("eu",)})
PERCENT = "percentage"


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("plan", "create", "pro")
    return made


def price(trueup, model, *options):
    named = ("plan", "price", "pro", "--currency", "EUR", "--meter", "calls", "--model", model)
    return trueup(*named, *options)


@pytest.mark.parametrize(
    ("model", "text", "meant"),
    [
        ("percentage", '{"rate_percent": "2.5"}', PercentagePrice(D("2.5"))),
        ("percentage", '{"model": "percentage", "rate_percent": 2.5, "free_events": 3}', PercentagePrice(D("2.5"), free_events=3)),
        ("graduated", '{"model": "graduated_percentage", "tiers": [{"rate_percent": "1"}]}', GraduatedPrice((Tier(None, rate_percent=D(1)),))),
        ("graduated", '[{"rate_percent": "1"}]', GraduatedPrice((Tier(None, rate_percent=D(1)),))),
        ("package", '{"size": "10", "price": "5", "free": "3"}', PackagePrice(D(5), D(10), D(3))),
        ("capacity", '[{"up_to": "5", "price": "1"}, {"price": "2"}]', CapacityPrice((CapacityTier(D(1), {"calls": D(5)}), CapacityTier(D(2))))),
        ("capacity", '{"tiers": [{"up_to": {"seats": "5"}, "price": "1"}]}', CapacityPrice((CapacityTier(D(1), {"seats": D(5)}),))),
        ("dynamic", '{"multiplier": "1.2"}', DynamicPrice(D("1.2"))),
        ("blocks", '{"model": "top_tier_blocks", "tiers": [{"block_size": "5", "price": "1"}]}', BlockPrice((BlockTier(D(5), D(1)),), BlockPolicy.TOP_TIER)),
        ("matrix", '{"filters": [{"values": {"region": ["eu"]}, "price": "0.1"}]}', MatrixPrice(("region",), (EU,))),
        ("matrix", '{"price": "3", "filters": [{"region": "eu", "price": "0.1"}]}', MatrixPrice(("region",), (EU, Cell(UnitPrice(D(3)))))),
        ("dynamic", '{"model": {"model": "dynamic", "multiplier": "1.2"}}', DynamicPrice(D("1.2"))),
    ],
)  # fmt: skip
def test_each_model_is_read_as_the_guides_spell_it(model, text, meant):
    stored = read_price(PriceModel(model), text, "calls")
    assert parse_price(*stored).model == meant


@pytest.mark.parametrize("model", list(PriceModel))
def test_the_fix_of_a_refusal_is_a_price_of_that_very_model(trueup, model):
    refused = price(trueup, model)
    words = EXAMPLES[model]
    assert (refused.status, "price_miswritten" in refused.said) == (3, True), refused.said
    assert f"--model {model} {words}" in refused.said
    made = price(trueup, model, *shlex.split(words), "--json")
    assert (made.status, json.loads(made.out)["model"]) == (0, model), made.said


@pytest.mark.parametrize(
    ("model", "text", "told"),
    [
        (PERCENT, '{"rate_prcent": "2.5"}', "`rate_prcent`, which is no field of it"),
        (PERCENT, '{"free_events": 3}', "it has no `rate_percent`"),
        (PERCENT, '{"rate_percent": "much"}', "`rate_percent` is 'much', which is no number"),
        (PERCENT, '{"rate_percent": "1", "free_events": "1.5"}', "no whole number"),
        (PERCENT, '{"rate_percent": "NaN"}', "no number"),
        (PERCENT, '{"model": "package", "size": 1, "price": 2}', "its `model` is 'package'"),
        (PERCENT, '{"model": {"model": "percentage"}}', "rate_percent"),
        (PERCENT, '{"rate_percent": "-1"}', "cannot be below zero"),
        ("graduated", '[{"up_to": null, "uint": "1"}]', "`uint`, which is no field of it"),
        ("graduated", '[{"up_to": null}]', "has no `flat`"),
        ("volume", '[{"unit": "99999999999999"}]', "the largest is 1,000,000,000,000"),
        ("capacity", '[{"up_to": "5", "unit": "1"}]', "`unit`, which is no field of it"),
        ("package", '{"size": "0", "price": "1"}', "size"),
        ("matrix", '{"price": "1"}', "no list of `filters`"),
        ("matrix", '{"price": "1", "filters": [{"region": "eu", "prise": "1"}]}', "needs values"),
        ("matrix", '{"filters": [{"values": {"region": ["eu"]}, "prise": "1"}]}', "needs values"),
        ("matrix", '{"price": "1", "filters": [{"region": "eu", "model": "flat", "price": "1"}]}', "`model`"),
        ("dynamic", '{"multiplier": "1", "filters": []}', "only a matrix has `filters`"),
    ],
)  # fmt: skip
def test_a_field_that_is_missing_or_misspelt_costs_nothing_to_nobody(trueup, model, text, told):
    ended = price(trueup, model, "--tiers", text)
    assert (ended.status, told in ended.said) == (3, True), ended.said
