"""The product's addresses, and two floors: F, a list of fifty rows and nothing else, and P, one row by its key."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from crm.urls import handler400, handler403, handler404, handler500  # noqa: F401
from crm.urls import urlpatterns as product
from pipeline.models import Deal
from staff import access

ROWS = engines["django"].from_string(
    "<!doctype html><html lang=ja><title>F</title><table>{% for d in deals %}<tr><td>{{ d.pk }}<td>{{ d.name }}"
    "<td>{{ d.company.name }}<td>{{ d.owner.family_name }}<td>{{ d.stage.name_ja }}<td>{{ d.amount }}"
    "<td>{{ d.probability }}<td>{{ d.close_on|date:'Y/m/d' }}</tr>{% endfor %}</table>"
)


@access.signed_in
def floor(request: HttpRequest) -> HttpResponse:
    """F: session, person, one joined query, 50 rows × 8 columns."""
    deals = Deal.objects.select_related("company", "owner", "stage").order_by("-pk")[:50]
    return HttpResponse(ROWS.render({"deals": deals}, request))


@access.signed_in
def one_row(request: HttpRequest) -> HttpResponse:
    """P: one primary-key query."""
    return HttpResponse(Deal.objects.values_list("name", flat=True).order_by("pk")[0])


urlpatterns = [path("floor/", floor), path("floor/one/", one_row), *product]
