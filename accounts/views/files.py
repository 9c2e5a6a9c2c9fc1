"""Files and links of a company."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import files as domain
from accounts.models import Company, CompanyFile
from crm.lib import htmx
from staff import access
from staff.access import get_for
from staff.fields import FileForm
from staff.files import download
from staff.http import Request
from staff.once import once


@access.signed_in
@require_POST
@once
def company_files(request: Request, pk: int) -> HttpResponse:
    """Attaches a file or a link."""
    company = get_for(request.user, Company.objects.select_related("owner__team"), pk, to="add to company")
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        context = {"company": company, "file_form": form, "can_add": True, "heading": _("Files")}
        return htmx.answer(
            request, "accounts/_files_form.html", context, full="accounts/files.html", status=422
        )
    data = form.cleaned_data
    upload = data["content"] or None
    kept = domain.attach(
        company, upload, data["kind"], by=request.user, name=data["name"], link="" if upload else data["link"]
    )
    return htmx.redirect(request, company, toast=_("%(name)s is attached") % {"name": kept.name})


def _file(request: Request, pk: int, file: int, *, to: str, removed: bool = False) -> CompanyFile:
    company = get_for(request.user, Company.objects.select_related("owner__team"), pk, to=to)
    rows = CompanyFile.objects.select_related("company")
    return get_object_or_404(rows, pk=file, company=company, deleted_at__isnull=not removed)


@access.signed_in
@require_GET
def company_file(request: Request, pk: int, file: int) -> FileResponse:
    """The bytes of a file of the company."""
    return download(_file(request, pk, file, to="see"))


@access.signed_in
@require_POST
def company_file_removal(request: Request, pk: int, file: int) -> HttpResponse:
    """Takes a file off the company; the toast puts it back."""
    kept = _file(request, pk, file, to="add to company")
    domain.remove(kept, by=request.user)
    undo = reverse("accounts:file-restoration", args=[pk, kept.pk])
    return htmx.redirect(
        request, kept.company, toast=_("%(name)s is removed") % {"name": kept.name}, undo=undo
    )


@access.signed_in
@require_POST
def company_file_restoration(request: Request, pk: int, file: int) -> HttpResponse:
    """Undoes a removal."""
    kept = _file(request, pk, file, to="add to company", removed=True)
    domain.put_back(kept, by=request.user)
    return htmx.redirect(request, kept.company, toast=_("%(name)s is back") % {"name": kept.name})
