"""Views of background tasks: the page that shows progress and leads to the result, its state as JSON, cancelling."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from wiki.accounts.models import User
from wiki.pages import background_tasks
from wiki.pages.background_tasks import KINDS, TaskResult
from wiki.pages.task_models import BackgroundTask


@never_cache
@login_required
@require_safe
def task(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show the progress of a task; redirect its person to the result when it is done. Raises Http404."""
    found = _get_task(request, number)
    result = TaskResult(**found.result)
    if found.state == BackgroundTask.TaskState.DONE and result.address and found.person_id == request.user.pk:
        if result.message:
            messages.success(request, result.message)
        return redirect(result.address)
    kind = KINDS.get(found.kind)
    context = {
        "task": found,
        "heading": gettext(kind.title) if kind else found.kind,
        "sentence": _sentence(found),
        "is_unfinished": found.state in BackgroundTask.UNFINISHED,
        "result": result,
    }
    return render(request, "wiki/pages/task.html", context)


@never_cache
@login_required
@require_safe
def state(request: HttpRequest, number: int) -> HttpResponse:
    """Return the state of a task as JSON, for the script of its page. Raises Http404."""
    found = _get_task(request, number)
    return JsonResponse(
        {
            "ended": found.state not in BackgroundTask.UNFINISHED,
            "sentence": _sentence(found),
            "done": found.done,
            "total": found.total,
        }
    )


@login_required
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponseBase:
    """Cancel a task that has not ended; redirect to its page. Raises Http404."""
    background_tasks.cancel(_get_task(request, number))
    return redirect("task", number=number)


def _get_task(request: HttpRequest, number: int) -> BackgroundTask:
    """Return a task of the user, or any task for an administrator. Raises Http404."""
    tasks = BackgroundTask.objects.all()
    if not (isinstance(request.user, User) and request.user.is_superuser):
        tasks = tasks.filter(person=request.user.pk)
    found = tasks.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise Http404(gettext("There is no such task."))
    return found


def _sentence(found: BackgroundTask) -> str:
    """Return the sentence that says how far a task is."""
    if found.state == BackgroundTask.TaskState.WAITING:
        return gettext("This waits for its turn.")
    if found.state == BackgroundTask.TaskState.DONE:
        return gettext("This is done.")
    if found.state == BackgroundTask.TaskState.CANCELLED:
        return gettext("This was cancelled.")
    return found.message or gettext("This is under way.")
