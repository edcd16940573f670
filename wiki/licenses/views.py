"""The public pages about licences: the list with the compatibility check, and one licence with its full text."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from wiki.licenses import catalogue, compatibility, compatibility_check
from wiki.licenses.catalogue import UnknownLicense
from wiki.licenses.compatibility_check import CompatibilityQuestion


@require_safe
def licenses(request: HttpRequest) -> HttpResponse:
    """Show the compatibility check («May I?»), the licences accepted here, and those recognised but refused."""
    known = list(catalogue.LICENSES.values())
    question = CompatibilityQuestion.from_query(request.GET)
    context = {
        "accepted_licenses": [license for license in known if license.free and license.has_text],
        "refused_licenses": [license for license in known if not license.free],
        "default_license": catalogue.get(catalogue.DEFAULT),
        "question": question,
        "answer": compatibility_check.check_compatibility(question),
        "choices": compatibility_check.choices((*question.sources, *filter(None, [question.target]))),
    }
    return render(request, "wiki/licenses/licenses.html", context)


@require_safe
def license(request: HttpRequest, license_id: str) -> HttpResponse:
    """Show one licence: its obligations, the licences that adaptations may take, its text. 404 if unknown."""
    try:
        found = catalogue.get(license_id)
    except UnknownLicense as problem:
        raise Http404 from problem
    if found.id != license_id:
        return redirect("license", found.id, permanent=True)
    context = {
        "license": found,
        "paragraphs": [part for part in catalogue.text_of(found.id).split("\n\n") if part.strip()],
        "obligations": compatibility.check(found.id, found.id).obligation_texts,
        "verdicts": compatibility.targets_for(found.id)[1:],
    }
    return render(request, "wiki/licenses/license.html", context)
