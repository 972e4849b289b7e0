"""Addresses in what people typed: found as they are meant, and nobody else's by mistake."""

import pytest

from cody2zoho.models import Address
from cody2zoho.text.addresses import Search, ignorable


def found(text: str, *kinds: str, region: str = "DE", ignored: tuple[str, ...] = ()) -> list[str]:
    search = Search(kinds or ("email", "phone"), region, frozenset(map(ignorable, ignored)))
    return [address.value for address in search.addresses([text])]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("my mail is Anna.Meier@Example.COM.", "anna.meier@example.com"),
        ("<anna@example.com>", "anna@example.com"),
        ("mailto:anna@example.com?", "anna@example.com"),
        ("(anna+shop@example.com), thanks", "anna+shop@example.com"),
        ("'anna@example.com'", "anna@example.com"),
        ("...anna@example.com", "anna@example.com"),
        ("pat.o'brien@example.ie", "pat.o'brien@example.ie"),
        ("anna@bücher.de", "anna@xn--bcher-kva.de"),
        ("anna@straße.de", "anna@xn--strae-oqa.de"),
        ("anna＠example.com", "anna@example.com"),
        ("我的邮箱是anna@example.com谢谢", "anna@example.com"),
        ("my mail—anna@example.com", "anna@example.com"),
        ("an\u00adna@exam\u00adple.com", "anna@example.com"),
        ("\ufeffanna\u200b.meier@example.com\u200b.br", "anna.meier@example.com.br"),
    ],
)
def test_an_email_address_is_found_however_it_stands_in_the_text(typed: str, address: str) -> None:
    assert found(typed) == [address]


@pytest.mark.parametrize(
    "typed",
    [
        "jörg@example.com",
        "tuấn@example.com",
        "tua\u0302\u0301n@example.com",
        "git@github.com:cody/zoho",
        "postgres://user:word@db.example.com/x",
        "https://example.com/?mail=anna@example.com",
        "image@2x.png",
        "anna..meier@example.com",
        "anna.@example.com",
        "@anna.meier",
        "anna@example",
        "mail me at home @ night",
        "version 10.2.3@beta",
        "a@example.com@example.org",
        "noreply@example.com",
        f"{'a' * 90}@example.com",
    ],
)
def test_what_is_no_address_or_only_a_part_of_one_is_nobodys(typed: str) -> None:
    assert found(typed) == []


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("call 030 1234567", "+49301234567"),
        ("030/123 45-67", "+49301234567"),
        ("+49 (0)30 1234567", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("tel:+49-30-1234567", "+49301234567"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+49 30 1234567 ext. 12", "+49301234567;ext=12"),
    ],
)
def test_a_phone_number_is_found_however_it_is_written(typed: str, number: str) -> None:
    assert found(typed) == [number]


@pytest.mark.parametrize(
    "typed",
    [
        "order 4815162342",
        "card 4111 1111 1111 1111",
        "IBAN DE89 3704 0044 0532 0130 00",
        "on 2026-11-20 at 14:03",
        "part no. 555-0100-77",
        "1Z 9999 9999 9999 9999",
    ],
)
def test_other_numbers_are_nobodys(typed: str) -> None:
    assert found(typed) == []


def test_a_number_without_its_country_counts_only_where_the_country_is_known() -> None:
    assert found("030 1234567", region="") == []
    assert found("+49 30 1234567", region="") == ["+49301234567"]


def test_a_number_typed_with_its_country_once_is_certain() -> None:
    search = Search(("phone",), "DE")
    assert [one.is_certain for one in search.addresses(["030 1234567"])] == [False]
    assert [one.is_certain for one in search.addresses(["030 1234567", "+49301234567", "030 1234567"])] == [True]


def test_only_the_kinds_that_are_wanted_are_looked_for() -> None:
    text = "anna@example.com, +49 30 1234567"
    assert found(text, "email") == ["anna@example.com"]
    assert found(text, "phone") == ["+49301234567"]


@pytest.mark.parametrize(
    "ignored", ["shop.de", "@Shop.de", "mail.shop.de", "help@mail.shop.de", "Help@Mail.Shop.de", "SHOP.DE"]
)
def test_the_companys_own_addresses_are_ignored_with_all_below_a_domain(ignored: str) -> None:
    assert found("I wrote to help@mail.shop.de", ignored=(ignored,)) == []
    assert found("help@workshop.de help@shop.de.com", ignored=(ignored,)) == ["help@workshop.de", "help@shop.de.com"]


def test_the_companys_own_number_is_ignored_however_it_is_written() -> None:
    ignored = ("+49 (30) 123-4567",)
    assert found("you are at 030 1234567, or +49 30 1234567 ext. 12", ignored=ignored) == []
    assert found("+49 30 12345678", ignored=ignored) == ["+493012345678"]


def test_a_field_in_zoho_is_the_same_address_however_it_was_typed() -> None:
    search = Search(("email", "phone"), "DE")
    number, mail = Address("phone", "+49301234567"), Address("email", "anna@xn--bcher-kva.de")
    assert search.same(number, "(030) 123 45 67")
    assert not search.same(number, "+43 30 1234567")
    assert not search.same(number, "030 1234567 ext 5")
    assert not search.same(number, "")
    assert search.same(mail, " Anna@Bücher.de")
    assert not search.same(mail, "hanna@bücher.de")


def test_an_address_is_not_shown_where_somebody_prints_it() -> None:
    assert "anna" not in repr(Search(("email",)).addresses(["anna@example.com"]))


@pytest.mark.parametrize(
    "typed", ["a" * 30_000 + "@", "a." * 15_000 + "@" + "b." * 5_000, "@a." * 10_000, "1 " * 15_000]
)
def test_a_hostile_text_finds_nothing_and_holds_up_nobody(typed: str) -> None:
    assert found(typed) == []
