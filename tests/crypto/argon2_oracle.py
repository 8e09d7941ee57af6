"""Argon2id by another implementation: the reference code, through argon2-cffi."""

from argon2.low_level import Type, core, ffi, lib  # type: ignore[attr-defined]


def argon2id(
    passphrase: bytes, salt: bytes, *, secret: bytes, context: bytes, t: int, m_kib: int, p: int, length: int = 32
) -> bytes:
    held = [ffi.new("uint8_t[]", part) for part in (passphrase, salt, secret, context)]
    out = ffi.new("uint8_t[]", length)
    whole = ffi.new(
        "argon2_context *",
        {
            "version": 0x13,
            "out": out,
            "outlen": length,
            "pwd": held[0],
            "pwdlen": len(passphrase),
            "salt": held[1],
            "saltlen": len(salt),
            "secret": held[2],
            "secretlen": len(secret),
            "ad": held[3],
            "adlen": len(context),
            "t_cost": t,
            "m_cost": m_kib,
            "lanes": p,
            "threads": 1,
            "allocate_cbk": ffi.NULL,
            "free_cbk": ffi.NULL,
            "flags": lib.ARGON2_DEFAULT_FLAGS,
        },
    )
    result = core(whole, Type.ID.value)
    assert result == lib.ARGON2_OK, result
    return bytes(ffi.buffer(out, length))
