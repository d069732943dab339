"""A price of each model as the options of `plan price` say it; docs/guides/billing.md has them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from trueup.billing.catalog.model import PriceModel

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES: Final[Mapping[PriceModel, str]] = MappingProxyType(
    {
        PriceModel.FLAT: "--amount 12.50",
        PriceModel.PER_UNIT: "--amount 0.10",
        PriceModel.GRADUATED: """--tiers '[{"up_to": "10", "unit": "1.00"}, {"unit": "0.50"}]'""",
        PriceModel.VOLUME: """--tiers '[{"up_to": "10", "unit": "1.00"}, {"unit": "0.50"}]'""",
        PriceModel.PACKAGE: """--tiers '{"size": "100", "price": "5.00"}'""",
        PriceModel.PERCENTAGE: """--tiers '{"rate_percent": "2.5", "fixed_per_event": "0.10"}'""",
        PriceModel.BLOCKS: """--tiers '[{"block_size": "10", "price": "4.00", """
        """"max_blocks": "3"}, {"block_size": "50", "price": "15.00"}]'""",
        PriceModel.CAPACITY: """--tiers '[{"up_to": "100", "price": "10.00"}, """
        """{"price": "25.00"}]'""",
        PriceModel.DYNAMIC: """--tiers '{"multiplier": "1.2"}'""",
        PriceModel.MATRIX: """--tiers '{"price": "0.20", """
        """"filters": [{"values": {"region": ["eu"]}, "price": "0.10"}]}'""",
    }
)
