"""A slice's template in the shared look, as one self-contained page.

Everything is escaped unless a template of ours says otherwise; a name the template needs and was
not given is an error, not an empty place.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from trueup.migration.pages import charts, figures

HERE: Final = "trueup.migration.pages"


def render_page(package: str, template: str, **values: Any) -> str:
    """`template` of `package`, rendered with `values`. The same values give the same bytes.

    package: the slice's dotted name; its templates lie in its folder `templates`, the shared ones
    under `pages/`.
    """
    return _environment(package).get_template(template).render(**values)


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PrefixLoader({"pages": PackageLoader(HERE)}), PackageLoader(package)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        amount=figures.amount,
        basis_points=figures.basis_points,
        count=figures.count,
        instant=figures.instant,
        plural=figures.plural,
        rows=figures.rows,
        seconds=figures.seconds,
        short_hash=figures.short_hash,
        short_micros=figures.short_micros,
        size=figures.size,
        zip=lambda left, right: list(zip(left, right, strict=True)),
    )
    environment.globals.update(
        columns_of=charts.columns_of,
        points_of=charts.points_of,
        segments_of=charts.segments_of,
        share=figures.share,
        # The style sheet is a file of ours: nothing of the source ever enters it.
        look=Markup(_look()),  # noqa: S704
    )
    return environment


def _look() -> str:
    return (resources.files(HERE) / "templates" / "look.css").read_text(encoding="utf-8")
