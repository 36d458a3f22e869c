"""Lists of booleans as base64 text: which test images a network classified correctly. No torch."""

import base64


def pack_bits(bits: list[bool]) -> str:
    """Return booleans as base64 text, eight to a byte with the first in the highest bit."""
    padded = bits + [False] * (-len(bits) % 8)
    packed = (sum(bit << (7 - i) for i, bit in enumerate(padded[at : at + 8])) for at in range(0, len(padded), 8))
    return base64.b64encode(bytes(packed)).decode()


def unpack_bits(packed: str, count: int) -> list[bool]:
    """Return the first `count` booleans of what `pack_bits` packed.

    Raises:
        ValueError: The text is not base64 or has not the length of `count` bits.
    """
    raw = unpack_bytes(packed, count)
    return [bool(raw[i // 8] >> (7 - i % 8) & 1) for i in range(count)]


def unpack_bytes(packed: str, count: int) -> bytes:
    """Return the bytes of `count` packed booleans.

    Raises:
        ValueError: The text is not base64 or has not the length of `count` bits.
    """
    raw = base64.b64decode(packed, validate=True)
    if len(raw) != (count + 7) // 8:
        raise ValueError(f"{len(raw)} bytes cannot hold exactly {count} bits")
    return raw


def count_bits(packed: str, count: int) -> int:
    """Return how many of `count` packed booleans are true.

    Raises:
        ValueError: The text is not base64, has not the length of `count` bits, or has bits after the last.
    """
    bits = int.from_bytes(unpack_bytes(packed, count), "big")
    if bits & ((1 << -count % 8) - 1):
        raise ValueError(f"there are bits after the last of {count}")
    return bits.bit_count()
