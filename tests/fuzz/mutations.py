"""Changes inputs without breaking what a fuzzer could not mend: checksums, and the lengths around what was changed."""

import random
from collections.abc import Callable

from tests.fuzz.cases import FRAMINGS, Case, Part
from tests.writer.format.event_soup import NUMBERS, EventSoup
from tests.writer.format.scans import delimited, varint

__all__ = ["crossed", "mutated"]

Mutate = Callable[[bytes, int], bytes]  # libFuzzer's own: changes bytes, guided by comparisons it has seen
Field = tuple[int, int, bytes]  # number, wire type, what follows the key (of wire type 2 without its length)

SIZES = {0: 0, 1: 8, 5: 4}


def fields_of(content: bytes) -> list[Field] | None:
    """The fields of a message; None where it is none (or has groups, which stay bytes)."""
    fields: list[Field] = []
    at = 0
    while at < len(content):
        key, at = read_varint(content, at)
        wire = key & 7
        if at < 0 or wire not in (0, 1, 2, 5):
            return None
        begin = at
        if wire == 0:
            _, at = read_varint(content, at)
        elif wire == 2:
            size, begin = read_varint(content, at)
            at = begin + size if begin >= 0 else -1
        else:
            at += SIZES[wire]
        if not 0 <= at <= len(content):
            return None
        fields.append((key >> 3, wire, content[begin:at]))
    return fields


def read_varint(content: bytes, at: int) -> tuple[int, int]:
    """The number and where it ends; -1 where it does not."""
    number = shift = 0
    while at < len(content) and shift < 70:
        number |= (content[at] & 127) << shift
        if content[at] < 128:
            return number, at + 1
        at += 1
        shift += 7
    return 0, -1


def joined(fields: list[Field]) -> bytes:
    """The message of these fields."""
    return b"".join(
        delimited(number, content) if wire == 2 else varint(number << 3 | wire) + content
        for number, wire, content in fields
    )


class Mutator:
    """One change of one input."""

    def __init__(self, seed: int, mutate: Mutate) -> None:
        self.random = random.Random(seed)
        self.mutate = mutate
        self.soup = EventSoup(0)
        self.soup.random = self.random

    def case(self, case: Case) -> Case:
        """Change options, cuts, the order of the parts, or one of them."""
        pick, parts = self.random.random(), list(case.parts)
        if pick < 0.04:
            return Case(self.random.randrange(16), self.random.random() < 0.3, case.marks, case.parts)
        if pick < 0.12:
            marks = tuple(self.random.randrange(1 << 16) for _ in range(self.random.randrange(5)))
            return Case(case.options, case.is_resumed, marks, case.parts)
        if pick < 0.2 or not parts:
            parts.insert(self.random.randrange(len(parts) + 1), (0, self.soup.event()))
            return case.with_parts(parts)
        at = self.random.randrange(len(parts))
        if pick < 0.26:
            del parts[at]
        elif pick < 0.32:
            parts[at : at + 1] = [parts[at]] * self.random.choice([2, 2, 3, 70])
        elif pick < 0.36:
            parts.append(parts.pop(at))
        elif pick < 0.4:
            parts[at] = (self.random.randrange(len(FRAMINGS)), parts[at][1])
        elif pick < 0.43:  # the same bytes as one part, and with them checksums, as content of another
            parts[at] = (0, delimited(5, delimited(1, delimited(1, parts[at][1]))))
        else:
            parts[at] = (parts[at][0], self.content(parts[at][1]))
        return case.with_parts(parts)

    def content(self, content: bytes) -> bytes:
        """Change a payload, or a message in it at any depth."""
        fields = fields_of(content)
        if not fields:
            return self.bytes(content)
        at = self.random.randrange(len(fields))
        number, wire, inner = fields[at]
        if wire == 2 and self.random.random() < 0.75:
            fields[at] = (number, wire, self.content(inner))
            return joined(fields)
        return self.changed(fields, at)

    def changed(self, fields: list[Field], at: int) -> bytes:
        """Change the fields of one message."""
        chance, (number, wire, inner) = self.random, fields[at]
        match chance.randrange(12):
            case 0:
                del fields[at]
            case 1:
                fields.insert(chance.randrange(len(fields) + 1), fields[at])
            case 2:
                chance.shuffle(fields)
            case 3:
                fields[at] = (chance.choice([number ^ 1, number + 1, 8, chance.randrange(24), 1 << 28]), wire, inner)
            case 4:
                wire = chance.choice([0, 1, 2, 5])
                sized = inner[: SIZES[wire]].ljust(SIZES[wire], b"\1") if wire in SIZES else inner
                fields[at] = (number, wire, sized or varint(chance.choice(NUMBERS)))
            case 5:
                fields[at] = (number, 0, self.long_varint(chance.choice([*NUMBERS, chance.randrange(24)])))
            case 6:  # a length that lies, or a field without its end
                whole = joined(fields[at:])
                cut = chance.randrange(len(whole) + 1)
                return joined(fields[:at]) + chance.choice([whole[:cut], self.mutate(whole, len(whole) + 4)])
            case 7:
                return self.in_group(joined(fields[:at]), joined(fields[at:]))
            case 8:  # packed and not packed
                count = chance.choice([0, 1, 2, 9])
                fields[at] = (number, 2, inner * count)
                return joined(fields[:at]) + (joined(fields[at : at + 1]) if count else b"") + joined(fields[at:])
            case _:
                make = chance.choice(
                    [self.soup.value, self.soup.tensor, self.soup.metadata, self.soup.unknown, self.soup.summary]
                )
                return joined(fields[:at]) + self.wrapped(make()) + joined(fields[at:])
        return joined(fields)

    def wrapped(self, content: bytes) -> bytes:
        return delimited(self.random.choice([1, 2, 5, 8, 9]), content) if self.random.random() < 0.8 else content

    def long_varint(self, number: int) -> bytes:
        """A number in more bytes than it needs, up to one too many."""
        short = varint(number)
        more = self.random.choice([0, 0, 1, 5 - len(short), 10 - len(short), 11 - len(short)])
        return short if more <= 0 else short[:-1] + bytes([short[-1] | 128]) + b"\x80" * (more - 1) + b"\0"

    def in_group(self, before: bytes, inside: bytes) -> bytes:
        number = self.random.choice([1, 5, 8, 9, 15, 1000])
        depth = self.random.choice([1, 1, 2, 93, 94, 95, 96, 97, 98, 99, 100, 101])
        return before + varint(number << 3 | 3) * depth + inside + varint(number << 3 | 4) * depth

    def bytes(self, content: bytes) -> bytes:
        """Change bytes of which nothing is known."""
        if self.random.random() < 0.2:
            return self.soup.event()
        return self.mutate(content, len(content) + 16)


def mutated(data: bytes, max_size: int, seed: int, mutate: Mutate) -> bytes:
    """Another input, like the one given; now and then a change of its plain bytes."""
    if seed % 16 == 0:
        return mutate(data, max_size)
    mutator = Mutator(seed, mutate)
    case = Case.decode(data)
    for _ in range(1 + seed // 16 % 3):
        case = mutator.case(case)
    out = case.encode()
    return out if len(out) <= max_size else mutate(data, max_size)


def crossed(one: bytes, other: bytes, max_size: int, seed: int) -> bytes:
    """Parts of both, in an order of their own."""
    chance = random.Random(seed)
    mine, theirs = Case.decode(one), Case.decode(other)
    parts: list[Part] = [part for part in mine.parts + theirs.parts if chance.random() < 0.6]
    if chance.random() < 0.3:
        chance.shuffle(parts)
    out = mine.with_parts(parts).encode()
    return out if len(out) <= max_size else one
