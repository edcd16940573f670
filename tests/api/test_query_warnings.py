"""`action=query` never answers less than it was asked in silence: warnings and errors as in MediaWiki."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_api import code, get
from tests.factories import make_page, make_place
from wiki.pages.models import Stewardship, WikiPage

if TYPE_CHECKING:
    from typing import Any

    from django.test import Client

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
UNKNOWN = 'Unrecognized value for parameter "{}": weather.'


def warnings(client: Client, **parameters: Any) -> dict[str, str]:
    """Return the warnings of a query by module, in English."""
    response = get(client, action="query", uselang="en", formatversion="2", **parameters)
    return {module: warning["warnings"] for module, warning in response.get("warnings", {}).items()}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        ("query", "prop", {"titles": "Pain"}),
        ("query", "prop", {}),
        ("query", "list", {}),
        ("query", "meta", {}),
        ("tokens", "type", {"meta": "tokens"}),
        ("siteinfo", "siprop", {"meta": "siteinfo"}),
        ("userinfo", "uiprop", {"meta": "userinfo"}),
        ("info", "inprop", {"prop": "info", "titles": "Pain"}),
        ("revisions", "rvprop", {"prop": "revisions", "titles": "Pain"}),
        ("revisions", "rvslots", {"prop": "revisions", "titles": "Pain"}),
        ("categories", "clprop", {"prop": "categories", "titles": "Pain"}),
        ("linkshere", "lhprop", {"prop": "linkshere", "titles": "Pain"}),
        ("linkshere", "lhshow", {"prop": "linkshere", "titles": "Pain"}),
        ("fileusage", "fuprop", {"generator": "fileusage", "gfuprop": "title", "prop": "fileusage", "titles": "Pain"}),
        ("categorymembers", "cmprop", {"list": "categorymembers", "cmtitle": "Category:Pain"}),
        ("categorymembers", "cmtype", {"list": "categorymembers", "cmtitle": "Category:Pain"}),
        ("categorymembers", "gcmprop", {"generator": "categorymembers", "gcmtitle": "Category:Pain"}),
        ("search", "srprop", {"list": "search", "srsearch": "pain"}),
        ("search", "srinfo", {"list": "search", "srsearch": "pain"}),
    ],
)
def test_unknown_values_are_named(client: Client, module: str, name: str, parameters: dict[str, str]) -> None:
    make_page("Pain", "De la farine.")
    assert warnings(client, **{**parameters, name: "weather"}) == {module: UNKNOWN.format(name)}


def test_several_warnings_of_a_module_are_lines(client: Client) -> None:
    found = warnings(client, prop="weather|info|tides", list="stars", rain="1")
    assert found["query"].splitlines() == [
        'Unrecognized values for parameter "prop": weather, tides.',
        'Unrecognized value for parameter "list": stars.',
    ]
    assert found["main"] == "Unrecognized parameter: rain."


def test_warnings_of_format_version_1(client: Client) -> None:
    assert get(client, action="query", prop="weather", uselang="en")["warnings"] == {
        "query": {"*": UNKNOWN.format("prop")}
    }


def test_numbers_beyond_their_limits_are_named(client: Client) -> None:
    assert warnings(client, list="allpages", aplimit="501") == {
        "allpages": 'The value "501" for parameter "aplimit" must be between 1 and 500.'
    }
    assert warnings(client, list="allpages", aplimit="max") == {}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("expected", "parameters"),
    [
        ("badvalue", {"generator": "weather"}),
        ("badvalue", {"generator": "info", "titles": "Pain"}),
        ("badvalue", {"generator": "templates", "titles": "Pain"}),
        ("invalidparammix", {"generator": "allpages", "titles": "Pain"}),
        ("multisource", {"titles": "Pain", "pageids": "1"}),
        ("multisource", {"pageids": "1", "revids": "1"}),
        ("badinteger", {"pageids": "Pain"}),
        ("badinteger", {"revids": "1|x"}),
        ("invalidparammix", {"titles": "Pain|Sel", "prop": "revisions", "rvlimit": "5"}),
        ("invalidparammix", {"titles": "Pain|Sel", "prop": "revisions", "rvdir": "newer"}),
        ("invalidparammix", {"revids": "1", "prop": "revisions", "rvuser": "alice"}),
        ("invalidparammix", {"titles": "Pain", "prop": "revisions", "rvuser": "alice", "rvexcludeuser": "bob"}),
        ("badvalue", {"titles": "Pain", "prop": "revisions", "rvdir": "sideways"}),
        ("badtimestamp", {"titles": "Pain", "prop": "revisions", "rvstart": "yesterday"}),
        ("nosuchrevid", {"titles": "Pain", "prop": "revisions", "rvstartid": "999999"}),
        ("unsupportedparam", {"titles": "Pain", "prop": "revisions", "rvsection": "1"}),
        ("unsupportedparam", {"titles": "Pain", "converttitles": "1"}),
        ("unsupportedparam", {"titles": "Pain", "export": "1"}),
        ("unsupportedparam", {"titles": "Pain", "exportnowrap": "1"}),
        ("unsupportedparam", {"list": "backlinks", "bltitle": "Pain", "blredirect": "1"}),
        ("missingparam", {"list": "backlinks"}),
        ("invalidparammix", {"list": "backlinks", "bltitle": "Pain", "blpageid": "1"}),
        ("nosuchpageid", {"list": "backlinks", "blpageid": "999999"}),
        ("invalidcategory", {"list": "categorymembers", "cmtitle": "Pain"}),
        ("badvalue", {"list": "categorymembers", "cmtitle": "Category:Pain", "cmsort": "timestamp"}),
        ("badvalue", {"list": "allpages", "apnamespace": "0|14"}),
        ("badvalue", {"list": "allpages", "apnamespace": "77"}),
        ("badvalue", {"list": "allpages", "apfilterredir": "some"}),
        ("badvalue", {"list": "search", "srsearch": "pain", "srsort": "random"}),
        ("badcontinue", {"list": "allpages", "continue": "weather"}),
        ("badcontinue", {"list": "allpages", "continue": "-||weather"}),
        ("badcontinue", {"titles": "Pain", "prop": "info", "continue": "info"}),
        ("badcontinue", {"titles": "Pain", "prop": "links", "plcontinue": "weather"}),
        ("badcontinue", {"titles": "Pain", "prop": "links", "plcontinue": "weather|Pain"}),
        ("badcontinue", {"titles": "Pain", "prop": "linkshere", "lhcontinue": "Pain|weather"}),
        ("badcontinue", {"titles": "Pain", "prop": "revisions", "rvlimit": "1", "rvcontinue": "20200101000000|99999"}),
        ("badcontinue", {"titles": "Pain", "prop": "revisions", "rvcontinue": "weather"}),
        ("invalidtitle", {"list": "allpages", "apfrom": "<"}),
        ("invalidtitle", {"list": "backlinks", "bltitle": "<"}),
        ("invalidtitle", {"titles": "Pain", "prop": "links", "pltitles": "<"}),
    ],
)
def test_what_would_be_another_answer_is_refused(client: Client, expected: str, parameters: dict[str, str]) -> None:
    make_page("Pain", "De la farine.")
    make_page("Sel", "Du sel.")
    assert code(get(client, action="query", **parameters)) == expected


def test_only_one_parameter_names_pages(client: Client) -> None:
    error = get(client, action="query", titles="Pain", pageids="1", uselang="en")["error"]
    assert error["info"] == 'The "pageids" parameter cannot be used with "titles".'


def test_numbers_of_no_page_are_missing(client: Client) -> None:
    page = make_page("Pain", "De la farine.")
    rows = get(client, action="query", pageids=f"{page.pk}|999999", formatversion=2)["query"]["pages"]
    assert rows == [{"pageid": 999999, "missing": True}, {"pageid": page.pk, "ns": 0, "title": "Pain"}]
    response = get(client, action="query", revids="999999", formatversion=2)["query"]
    assert response["badrevids"] == {"999999": {"revid": 999999, "missing": True}}


def test_rights_are_those_that_the_account_has(client_of: Any, alice: User, bob: User, charlie: User) -> None:
    place = make_place("Atelier", by=bob)
    Stewardship.objects.create(place=place, user=charlie)

    def rights(user: User) -> set[str]:
        found = get(client_of(user), action="query", meta="userinfo", uiprop="rights")
        return set(found["query"]["userinfo"]["rights"])

    steward_only = {"delete", "move", "undelete"}
    assert not rights(alice) & steward_only
    assert rights(bob) >= steward_only
    assert rights(charlie) == {"read"}
    WikiPage.objects.filter(pk=place.pk).update(is_place=False)
    assert not rights(bob) & steward_only


def test_what_the_user_may_do_to_a_page(client_of: Any, alice: User, bob: User) -> None:
    make_page("Charte", place=make_place("Atelier", by=bob))
    make_page("Ailleurs bis")
    for user, titles in ((alice, set()), (bob, {"Atelier:Charte"})):
        parameters = {"titles": "Atelier:Charte|Ailleurs bis", "prop": "info", "intestactions": "edit|delete|fly"}
        pages = get(client_of(user), action="query", formatversion=2, **parameters)["query"]["pages"]
        assert {page["title"] for page in pages if page["actions"]["delete"]} == titles
        assert all(page["actions"]["edit"] and not page["actions"]["fly"] for page in pages)
