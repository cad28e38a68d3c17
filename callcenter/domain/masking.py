"""How much of a caller's number is shown to people who need not call back.

A caller's number is personal data. By default its first two and last three digits stay, enough to recognise a call that
is talked about and too few to call the person. Short numbers lose more, because five digits would be most of them.
Whatever takes a number out of this service towards a screen passes through here.
"""

import re
from collections.abc import Iterable

HIDDEN = "••••"
"""Stands for the digits that are not shown; always four, so that it does not tell how many there were."""

_MASKED = re.compile(rf"\+?[^\W_]{{0,2}}{HIDDEN}[^\W_]{{0,3}}")
_PHONE_NUMBER = re.compile(r"\+?\d{7,15}")
_SHORTEST_SECRET = 3
_LONG = 7


def mask_number(number: str) -> str:
    """A caller's number as it may be shown; a number that is masked already stays as it is. Of a name nothing is shown.

    >>> mask_number("13800138000"), mask_number("+49 151 12345234")
    ('13••••000', '+49••••234')
    >>> mask_number("1001"), mask_number("42"), mask_number("13••••000"), mask_number("Zhang Wei")
    ('••••01', '••••', '13••••000', '••••')
    """
    if _MASKED.fullmatch(number):
        return number
    shown = "".join(character for character in number if character.isalnum())
    if not any(character.isdigit() for character in shown):
        return HIDDEN
    plus = "+" if number.lstrip().startswith("+") else ""
    if len(shown) >= 9:
        return f"{plus}{shown[:2]}{HIDDEN}{shown[-3:]}"
    if len(shown) >= 4:
        return f"{HIDDEN}{shown[-2:]}"
    return HIDDEN


def looks_like_number(text: str) -> bool:
    """Whether a text is nothing but a number that somebody could be called at: 7 to 15 digits, perhaps a plus.

    >>> looks_like_number("+4915112345234"), looks_like_number("1795424910.618"), looks_like_number("20")
    (True, False, False)
    """
    return _PHONE_NUMBER.fullmatch(text.strip()) is not None


def mask_known(text: str, numbers: Iterable[str]) -> str:
    """A text in which every one of these numbers (or names) is masked wherever it stands by itself.

    Texts shorter than three characters are left alone: they would be found everywhere. Short numbers next to a dot are
    left too, since they are most likely a part of an instant or of a leg's id.

    >>> mask_known("sales-13800138000.wav", ["13800138000"]), mask_known("1795424910.618", ["618"])
    ('sales-13••••000.wav', '1795424910.618')
    """
    for number in sorted(set(numbers), key=len, reverse=True):
        if len(number) >= _SHORTEST_SECRET and not _MASKED.fullmatch(number):
            neighbour = r"[^\W_]" if len(number) >= _LONG else r"[\w.]"
            text = re.sub(rf"(?<!{neighbour}){re.escape(number)}(?!{neighbour})", mask_number(number), text)
    return text
