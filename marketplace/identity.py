"""How enterprises are known and reached: credit codes, e-mail addresses, telephone numbers, each in one form.

What people type and paste differs in width, case, blanks and dashes; it is folded into the form that is
stored and compared. What the standards do not know is refused with ValueError.
"""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.cn import uscc as stdnum_uscc

USCC_LETTERS = "0-9A-HJ-NPQRTUWXY"
AUTHORITIES = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19",
    "9": "1239", "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip
"""GB 32100-2015, 4.2 and 4.3: the authority that registers, and its classes of organisations.

1 staffing, 2 foreign affairs, 3 justice, 4 culture, 5 civil affairs, 6 tourism, 7 religion, 8 trade unions,
9 market regulation, A staffing of the army, N agriculture (village collectives), Y others. Class 9 of market
regulation is not in the table of 2015; we take it, as all others have it.
"""
USCC = re.compile(
    "(?:" + "|".join(f"{authority}[{classes}]" for authority, classes in AUTHORITIES.items()) + ")"
    f"[0-9]{{6}}[{USCC_LETTERS}]{{10}}"
)  # fmt: skip
HALF_WIDTH = str.maketrans({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {0x3000: " "})
DASHES = re.compile("[\u2010-\u2015\u2212\u30fc]")
HOME = "CN"
EXTENSION = re.compile(
    r"\s*[(,]?\s*(?:转接?|分机号?|内线|ext(?:ension|n)?\.?|x|#|,|;\s*ext=)\s*:?\s*"
    r"(?P<extension>[0-9]{1,6})\s*#?\)?",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\(?\+?[0-9][0-9 ().-]{3,38}")
DIALLED = (
    phonenumbers.ValidationResult.IS_POSSIBLE,
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
)

PLATE_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
PLATE_LETTERS = "A-HJ-NP-Z"
"""GA 36-2018: no I and O, which look like digits."""
PLATE = re.compile(
    f"[{PLATE_PROVINCES}][{PLATE_LETTERS}]"
    f"(?:[0-9{PLATE_LETTERS}]{{5}}"  # blue and yellow plates
    f"|[0-9{PLATE_LETTERS}]{{4}}[挂学超港澳警]"  # trailers and special vehicles
    f"|[A-HJK][0-9{PLATE_LETTERS}][0-9]{{4}}"  # small vehicles of new energy
    "|[0-9]{5}[A-HJK])"  # large vehicles of new energy
)

GMAIL = ("gmail.com", "googlemail.com")


def half_width(text: str) -> str:
    """`text` with the full-width forms of ASCII, and dashes of every kind, as ASCII has them."""
    return DASHES.sub("-", text.translate(HALF_WIDTH)).strip()


def folded_uscc(text: str) -> str:
    """A unified social credit code, or its beginning, as it is stored: no blanks, no dashes, capitals."""
    return re.sub(r"[\s-]", "", half_width(text)).upper()


def uscc(text: str) -> str:
    """A unified social credit code (GB 32100-2015) in its one form.

    Raises:
        ValueError: the authority, the class, a character or the check digit is wrong.
    """
    code = folded_uscc(text)
    if not USCC.fullmatch(code) or stdnum_uscc.calc_check_digit(code[:17]) != code[17]:
        raise ValueError(code)
    return code


def plate(text: str) -> str:
    """The number plate of a vehicle (GA 36-2018) in its one form: 浙A12345, 浙A1234挂, 浙AD12345.

    Raises:
        ValueError: it is none of a road vehicle in China.
    """
    number = re.sub(r"[\s·•・.-]", "", half_width(text)).upper()
    if not PLATE.fullmatch(number):
        raise ValueError(text)
    return number


def email(text: str) -> str:
    """An address that any relay can deliver to, its domain in ASCII (RFC 5321, IDNA).

    Addresses under .test are taken, so that an installation can be tried out.

    Raises:
        ValueError: it is none: no domain with a dot, dots at the ends or in a row, quotes, an IP address.
    """
    try:
        found = validate_email(
            half_width(text),
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise ValueError(text) from error
    if found.ascii_email is None or "." not in found.ascii_domain:
        raise ValueError(text)
    return found.ascii_email


def mailbox(address: str) -> str:
    """The mailbox that an address leads to, as far as its spelling tells: what limits by address count.

    Case does not matter, nor what stands after "+" (RFC 5233), nor dots at Gmail, which has two domains.
    """
    local, _, domain = address.casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", ""), GMAIL[0]
    return f"{local}@{domain}"


def phone(text: str) -> str:
    """A telephone number as it is written in China (`0575-85000000转801`), or `+852 2123 4567` from abroad.

    A number that could be dialled but is in no numbering plan that we know is kept as it was typed.

    Raises:
        ValueError: it cannot be dialled, or there are several.
    """
    typed = " ".join(half_width(text).split())
    found = NUMBER.match(typed)
    if found is None:
        raise ValueError(text)
    rest = EXTENSION.fullmatch(typed, found.end())
    if rest is None and found.end() < len(typed):
        raise ValueError(text)
    number, extension = found[0].rstrip("(, "), rest["extension"] if rest else ""
    if not extension and not _can_be_dialled(number):
        number, _, extension = number.rpartition("-")
        if not re.fullmatch("[0-9]{1,6}", extension):
            raise ValueError(text)
    if not _can_be_dialled(number):
        raise ValueError(text)
    return _written(number) + (f"转{extension}" if extension else "")


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, HOME)
    except phonenumbers.NumberParseException:
        return None


def _can_be_dialled(number: str) -> bool:
    parsed = _parsed(number)
    return parsed is not None and phonenumbers.is_possible_number_with_reason(parsed) in DIALLED


def _written(number: str) -> str:
    parsed = _parsed(number)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return number
    if parsed.country_code != phonenumbers.country_code_for_region(HOME):
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    digits = phonenumbers.national_significant_number(parsed)
    area = phonenumbers.length_of_geographical_area_code(parsed)
    if area:
        return f"0{digits[:area]}-{digits[area:]}"
    if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE:
        return digits
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL).replace(" ", "-")
