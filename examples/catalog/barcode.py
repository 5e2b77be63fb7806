"""A program: writes the barcode of an EAN-13 number to standard output, as a PNG image.

python barcode.py 4006381333931 60
"""

import struct
import sys
import zlib

DIGITS = [
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
]
# Which of the left six digits are drawn mirrored says the first digit.
MIRRORED = [
    "000000",
    "001011",
    "001101",
    "001110",
    "010011",
    "011001",
    "011100",
    "010101",
    "010110",
    "011010",
]
QUIET, SCALE = "0" * 9, 2


def bars(number: str) -> str:
    """The bars of a number, as 1 for black and 0 for white. Raises: ValueError."""
    if len(number) != 13 or not (number.isascii() and number.isdigit()):
        raise ValueError(f"{number!r} has not 13 digits")
    if sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(number)) % 10:
        raise ValueError(f"the last digit of {number} does not fit the others")
    left = [
        _inverse(DIGITS[int(digit)])[::-1] if mirrored == "1" else DIGITS[int(digit)]
        for digit, mirrored in zip(number[1:7], MIRRORED[int(number[0])], strict=True)
    ]
    right = [_inverse(DIGITS[int(digit)]) for digit in number[7:]]
    return "".join([QUIET, "101", *left, "01010", *right, "101", QUIET])


def png(columns: str, height: int) -> bytes:
    """An image of grey bytes, in which all lines are alike."""
    line = b"\0" + b"".join((b"\0" if one == "1" else b"\xff") * SCALE for one in columns)
    header = struct.pack(">IIBBBBB", len(columns) * SCALE, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(line * height)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _inverse(bits: str) -> str:
    return bits.translate(str.maketrans("01", "10"))


if __name__ == "__main__":
    try:
        image = png(bars(sys.argv[1]), int(sys.argv[2]))
    except ValueError as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(image)
