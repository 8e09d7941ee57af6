"""One spelling of one address, on networks where that is safe and simple (policy §6). Pure.

Two spellings of one address would be two destinations: one of them new, the other old. Where we know no canonical
form, an address is compared to the letter, which can only make more of them new; and it gets no exemption.
"""

import re
from collections.abc import Mapping

_EVM = re.compile(r"0[xX][0-9a-fA-F]{40}")
_BECH32 = re.compile(r"(?:[a-z]{2,4}1[02-9ac-hj-np-z]{11,87}|[A-Z]{2,4}1[02-9AC-HJ-NP-Z]{11,87})")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,44}")

_EVM_NETWORKS = ("ethereum", "eth", "erc20", "polygon", "arbitrum", "optimism", "base", "bsc", "bep20")
_UTXO_NETWORKS = ("bitcoin", "btc", "litecoin", "ltc")
_BASE58_NETWORKS = ("tron", "trx", "trc20", "solana", "sol", "dogecoin", "doge")

_FORMS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(_EVM_NETWORKS, (_EVM,)),
    **dict.fromkeys(_UTXO_NETWORKS, (_BECH32, _BASE58)),
    **dict.fromkeys(_BASE58_NETWORKS, (_BASE58,)),
}
"""Hexadecimal and Bech32 know no case; Base58 is one text for one value as it is."""


def canonical_address(network: str, address: str) -> str | None:
    """The one spelling; None: this network, or this form of address, has no canonicaliser."""
    form = next((form for form in _FORMS.get(network.lower(), ()) if form.fullmatch(address)), None)
    if form is None:
        return None
    return address if form is _BASE58 else address.lower()
