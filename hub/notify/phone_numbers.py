"""A customer's phone number: one way to write it (E.164), and none that costs its caller extra."""

import phonenumbers

from hub.notify.channels import DeliveryError

COSTLY = (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)


def number(text: str) -> str:
    """Return a number in E.164; ``DeliveryError`` (permanent) if it is none or costs extra."""
    try:
        read = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        read = None
    if read is None or not phonenumbers.is_possible_number(read):
        raise DeliveryError("not a phone number", permanent=True)
    if phonenumbers.number_type(read) in COSTLY:
        raise DeliveryError("a number that costs its caller extra", permanent=True)
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)


def prefix(text: str, digits: int) -> str:
    """Return the beginning of a number in E.164: who sells numbers in bulk sells neighbours."""
    return text[: digits + 1]
