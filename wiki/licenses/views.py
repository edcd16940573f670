"""Two pages that anyone may read: all licences, and one with its full text."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from wiki.licenses import catalogue, compatibility, compatibility_check
from wiki.licenses.catalogue import UnknownLicense
from wiki.licenses.compatibility_check import CompatibilityQuestion


@require_safe
def licenses(request: HttpRequest) -> HttpResponse:
    """Show what licences are for, «may I?», those that may be used here, and those only recognised and refused."""
    known = list(catalogue.LICENSES.values())
    asked = CompatibilityQuestion.from_query(request.GET)
    context = {
        "usable": [license for license in known if license.free and license.has_text],
        "refused": [license for license in known if not license.free],
        "default": catalogue.get(catalogue.DEFAULT),
        "asked": asked,
        "answer": compatibility_check.check_compatibility(asked),
        "choices": compatibility_check.choices((*asked.sources, *filter(None, [asked.target]))),
    }
    return render(request, "wiki/licenses/licenses.html", context)


@require_safe
def license(request: HttpRequest, license_id: str) -> HttpResponse:
    """Show one licence: what it asks, what may be made of it, its text; 404 if unknown."""
    try:
        found = catalogue.get(license_id)
    except UnknownLicense as problem:
        raise Http404 from problem
    if found.id != license_id:
        return redirect("license", found.id, permanent=True)
    context = {
        "license": found,
        "paragraphs": [part for part in catalogue.text_of(found.id).split("\n\n") if part.strip()],
        "duties": compatibility.check(found.id, found.id).obligation_texts,
        "verdicts": compatibility.targets_for(found.id)[1:],
    }
    return render(request, "wiki/licenses/license.html", context)
