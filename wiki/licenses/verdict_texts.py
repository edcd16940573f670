"""Sentences that explain a verdict: why a change of licence is refused, and the obligations of a licence.

English message ids; the French is in `locale`. Keys of `REFUSALS` are rules of
`licenses/compatibility.csv`; keys of `OBLIGATIONS` come from `[attribution]` of `catalogue.toml` and from
the column `asks` of the table. A test fails for a key without a sentence.
"""

from __future__ import annotations

from wiki.errors import gettext_noop

UNCHANGED = gettext_noop("The licence stays the same.")

ALLOWED = gettext_noop("“%(source)s” lets what is made from it be shared under “%(target)s”.")

ALLOWED_WITH_NOTICES = gettext_noop(
    "“%(source)s” lets what is made from it be shared under “%(target)s”, if its notices are kept."
)

UNSETTLED = gettext_noop(
    "It is not settled whether “%(source)s” lets what is made from it be shared under "
    "“%(target)s”: refused until someone who knows decides."
)

NOT_A_LICENSE = gettext_noop("“%(target)s” is not a licence that this wiki can share under.")

_SHARE_ALIKE = gettext_noop(
    "“%(source)s” asks that what is made from it stays under the same licence, or one that it "
    "recognises as equal; “%(target)s” is not one."
)

_ITSELF_ONLY = gettext_noop(
    "What is made from a work under “%(source)s” may only be shared under that very licence, not under “%(target)s”."
)

_DROPS_CREDIT = gettext_noop(
    "“%(source)s” asks that its authors or sources be named; “%(target)s” would let readers leave them out."
)

_NO_COMMERCE = gettext_noop("“%(source)s” forbids commercial use; “%(target)s” does not pass that on as it asks.")

_NO_CHANGES = gettext_noop("“%(source)s” does not allow changed versions to be shared, under any licence.")

_NOTHING = gettext_noop("Without a known licence all rights are reserved: a short quotation is allowed, a copy is not.")

REFUSALS = {
    "by-4": _DROPS_CREDIT,
    "by-old": _DROPS_CREDIT,
    "by-sa-4": _SHARE_ALIKE,
    "by-sa-3": _SHARE_ALIKE,
    "by-sa-2": _SHARE_ALIKE,
    "by-sa-1": _ITSELF_ONLY,
    "lal": _SHARE_ALIKE,
    "gfdl": _ITSELF_ONLY,
    "gfdl-only": _ITSELF_ONLY,
    "etalab": _DROPS_CREDIT,
    "ogl": _DROPS_CREDIT,
    "odc-by": _DROPS_CREDIT,
    "odbl": _SHARE_ALIKE,
    "gpl": _SHARE_ALIKE,
    "agpl": _SHARE_ALIKE,
    "permissive": _DROPS_CREDIT,
    "cern-reciprocal": _SHARE_ALIKE,
    "nc": _NO_COMMERCE,
    "nc-sa": _SHARE_ALIKE,
    "nd": _NO_CHANGES,
    "none": _NOTHING,
}

OBLIGATIONS = {
    "authors": gettext_noop("Name the authors, as they wish to be named."),
    "all_authors": gettext_noop("Name every author, yourself among them."),
    "five_authors": gettext_noop("Name at least five of the principal authors, or all if fewer."),
    "title": gettext_noop("Give the title of the work."),
    "notices": gettext_noop("Keep the copyright and licence notices."),
    "license": gettext_noop("Name the licence and link to it."),
    "license_text": gettext_noop("Pass on the full text of the licence."),
    "source": gettext_noop("Say where the original is, with a link."),
    "changes": gettext_noop("Say what was changed, and keep what earlier hands said of theirs."),
    "date": gettext_noop("Give the date of the last update."),
    "history": gettext_noop("Keep the history of versions."),
    "no_endorsement": gettext_noop("Do not suggest that the source approves of your use."),
    "attribution_statement": gettext_noop("Show the attribution statement of the source."),
    "odbl_notice": gettext_noop("Say “Contains information from …, available under the Open Database License”."),
    "database_behind": gettext_noop("Offer the changed database behind the work under the ODbL."),
}
