"""The QR code of an authenticator app's secret, as SVG that needs no style of its own."""

import segno

from watchword.crypto.otp import otpauth_uri


def otpauth_qr(key: bytes, *, issuer: str, holder: str) -> tuple[str, str]:
    """The ``otpauth://`` address and its QR code as an SVG element. Both hold the secret."""
    uri = otpauth_uri(key, issuer=issuer, holder=holder).reveal()
    code = segno.make(uri, error="m", micro=False)
    svg = code.svg_inline(scale=5, border=4, dark="#111", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return uri, svg
