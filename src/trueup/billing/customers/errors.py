from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.kernel.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

SHOWN_MAX = 10


class AuthorityElsewhere(Refusal):
    """Another system bills these customers, or the claim is older than the last hand-over.

    customers: their ids, or of one that a person asked about its name.
    """

    code = "authority_elsewhere"

    def __init__(self, *, customers: Sequence[UUID | str]) -> None:
        shown = ", ".join(str(customer) for customer in customers[:SHOWN_MAX])
        super().__init__(
            f"Another system bills {shown}, or did a moment ago.",
            fix="Do it in that system, or hand them over first (`trueup subscription hand-over`).",
            customers=list(customers),
        )


class CustomerUnknown(Refusal):
    code = "customer_unknown"

    def __init__(self, *, customer: str) -> None:
        super().__init__(
            f"There is no customer {customer!r}.",
            fix="Name one by id, e-mail address or name; `trueup customer list` shows them.",
            customer=customer,
        )


class CustomerAmbiguous(Refusal):
    """A name that several customers have."""

    code = "customer_ambiguous"

    def __init__(self, *, customer: str) -> None:
        super().__init__(
            f"Several customers are called {customer!r}.",
            fix="Name the one that is meant by its id (`trueup customer list`).",
            customer=customer,
        )


class NameMissing(Refusal):
    """A customer without a name: documents are addressed to somebody."""

    code = "customer_name_missing"

    def __init__(self) -> None:
        super().__init__(
            "The name of the customer is empty.",
            fix="Give the name that documents are made out to.",
        )


class CountryMisspelt(Refusal):
    code = "country_misspelt"

    def __init__(self, *, country: str) -> None:
        super().__init__(
            f"{country!r} is no code of a country.",
            fix="Write the two capital letters of ISO 3166, such as DE.",
            country=country,
        )


class CustomerClosed(Refusal):
    """Something new for a customer who is closed, or closed a second time."""

    code = "customer_closed"

    def __init__(self, *, customer: str) -> None:
        super().__init__(
            f"Customer {customer} is closed.",
            fix="Open the customer again (`trueup customer reopen`) if that was a mistake.",
            customer=customer,
        )


class CustomerAtSource(Refusal):
    """A customer closed whom another system bills."""

    code = "customer_at_source"

    def __init__(self, *, customer: str) -> None:
        super().__init__(
            f"Customer {customer} is billed by the system they came from.",
            fix="Close the customer there, or hand them over first "
            "(`trueup subscription hand-over`).",
            customer=customer,
        )
