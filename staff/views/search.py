from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.lib.text import clean_text
from staff import access
from staff.http import Request
from staff.search import LIMIT, find

ON_THE_PAGE = 20


@access.signed_in
@require_safe
def search(request: Request) -> HttpResponse:
    """The palette's results while typing, or a page of its own without JavaScript."""
    query = clean_text(request.GET.get("q", ""))[:80].strip()
    limit = LIMIT if request.htmx else ON_THE_PAGE
    context = {"query": query, "found": find(request.user, query, limit)}
    template = "staff/_search_results.html" if request.htmx else "staff/search.html"
    return render(request, template, context)
