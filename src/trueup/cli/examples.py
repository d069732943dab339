"""An example for the help of every command, as it would be typed; `$ANN` is a subscription's id."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

TIERS: Final = """'[{"up_to": "1000", "unit": "0"}, {"up_to": null, "unit": "0.002"}]'"""
EXAMPLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "migrate": "legacy.db --pack legacy-001 --work books --tenant acme",
        "extract": "postgresql://me@old/billing --work books",
        "assess": "--work books --pack legacy-001",
        "load": "--work books --pack legacy-001 --tenant acme",
        "reconcile": "--work books --pack legacy-001 --tenant acme",
        "report": "--work books --pack legacy-001 --tenant acme",
        "backtest": "--work books --pack legacy-001 --tenant acme",
        "unload": "--name legacy-001 --tenant acme",
        "demo": "--customers 1000",
        "sample legacy": "--to legacy.db --customers 1000",
        "sample dirt": "",
        "simulate": "docs/guides/simulate-example.json --explain",
        "plan create": "pro --every month --trial-days 14",
        "plan price": f"pro --currency EUR --meter calls --model graduated --tiers {TIERS}",
        "plan list": "",
        "plan retire": "pro",
        "plan products": "",
        "customer create": "Ann --currency EUR --country DE --time-zone Europe/Berlin",
        "customer change": "Ann --country FR",
        "customer tax-id": "Ann DE123456789 --evidence answer-7",
        "customer show": "ann@example.com",
        "customer list": "--limit 20 --json",
        "customer close": "Ann",
        "customer reopen": "Ann",
        "subscription start": "Ann pro --at 2026-06-01 --price base=19.00",
        "subscription change": "$ANN team --at 2026-09-10 --preview",
        "subscription quantity": "$ANN 30 --at 2026-09-10",
        "subscription price": "$ANN base 19.00 --at 2026-10-01",
        "subscription add": "$ANN support --at 2026-09-10",
        "subscription remove": "$ANN base --plan support --at 2026-09-20",
        "subscription cycle-day": "$ANN 15",
        "subscription take-back": "$ANN",
        "subscription cancel": "$ANN --period-end",
        "subscription uncancel": "$ANN",
        "subscription pause": "$ANN --at 2026-09-11",
        "subscription resume": "$ANN --at 2026-09-21",
        "subscription show": "$ANN",
        "subscription list": "--customer Ann",
        "subscription hand-over": "--all --time-zone America/New_York",
        "coupon give": "$ANN SUMMER --percent 20 --times 2 --at 2026-07-01",
        "coupon list": "$ANN",
        "coupon take-back": "01a1ff16-3b2f-7cf5-8a44-b9696beef5a9",
        "credit grant": 'Ann 5.00 --reason "slow in June"',
        "credit list": "--customer Ann",
        "credit take-back": "01a1ff16-3b2f-7cf5-8a44-b9696beef5a9",
        "credit apply": "INV-000002 --amount 5.00",
        "credit pay-out": "--customer Ann --amount 5.00 --reference wire-7",
        "credit take-back-pay-out": "wire-7",
        "credit payouts": "--customer Ann",
        "bill entity": 'de --name "Acme GmbH" --country DE --time-zone Europe/Berlin',
        "bill entity-change": "de --vat-number DE123456789",
        "bill entities": "",
        "bill notes": "--customer Ann",
        "bill left-out": "",
        "bill forecast": "Ann --months 12",
        "bill schedule set": "--at 02:00 --zone Europe/Berlin --workers 2",
        "bill schedule show": "",
        "bill schedule remove": "",
        "pending add": 'Ann 50.00 "Setup" --at 2026-07-01',
        "pending list": "--customer Ann",
        "pending drop": "01a1ff16-3b2f-7cf5-8a44-b9696beef5a9",
        "pending bill": "Ann --net-days 14",
        "clock create": "spring --at 2027-01-01",
        "clock attach": "spring Ann Bob",
        "clock advance": "spring --to 2027-06-01",
        "clock list": "",
        "clock show": "spring",
        "clock delete": "spring",
        "dialect list": "",
        "dialect show": "lago-day --json",
        "bill run": "--until 2026-07-01 --workers 2",
        "bill due": "--until 2026-07-01",
        "bill parked": "",
        "bill runs": "--limit 5",
        "bill preview": "$ANN --at 2026-07-01",
        "bill list": "--status open --customer Ann",
        "bill show": "INV-000002 --explain --locale de",
        "bill finalize": "01a1ff16-3b2f-7cf5-8a44-b9696beef5a9",
        "bill void": "INV-000004 --rebill",
        "bill write-off": "INV-000004",
        "bill credit": "INV-000003 --net 10.00 --reason outage",
        "payment record": "INV-000002 50.00 --reference wire-2 --at 2026-07-03",
        "payment list": "--customer Ann",
        "ledger accounts": "--customer Ann",
        "ledger balance": "--until 2026-07-01",
        "ledger entries": "--account receivable --since 2026-06-01 --json",
        "invoice pdf": "INV-000001 --language de",
        "invoice xml": "INV-000001 --format ubl",
        "invoice all": "invoices --format factur-x --workers 2",
        "fx add": "USD EUR 0.9234 --source ECB --at 2026-06-01",
        "fx import": "rates.csv",
        "fx list": "--from USD",
        "fx tax-currency": "de EUR",
        "usage record": "usage.csv",
        "usage summary": "$ANN --since 2026-06-01 --until 2026-07-01",
        "compare": "old.parquet new.parquet --key id",
        "mapping list": "",
        "mapping check": "legacy-001 --work books",
        "mapping fields": "invoice",
        "mapping docs": "legacy-001",
        "server url": "",
        "server start": "",
        "server stop": "",
    }
)


def exemplify(command: Any, path: str) -> None:
    """Give a command, and those of a group, an example below the help.

    path: what it is called by.
    """
    command.epilog = _told(path)
    for name, each in getattr(command, "commands", {}).items():
        exemplify(each, f"{path} {name}")


def _told(path: str) -> str | None:
    if path not in EXAMPLES:
        return None  # a group; of a command, a test names it
    return escape(f"Example: trueup {path} {EXAMPLES[path]}".rstrip())
