"""Commands whose arguments may be numbers below zero."""

from __future__ import annotations

import re
from typing import Any, Final

from typer.core import TyperCommand

NEGATIVE: Final = re.compile(r"-[.\d][.,\d]*")


class TakesNumbers(TyperCommand):
    """A command to which `-5` is an amount: no option of ours begins with a digit.

    Where one is given, an option that is not known is told as an argument too many.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.ignore_unknown_options = any(NEGATIVE.fullmatch(each) for each in args)
        return super().parse_args(ctx, args)
