from django.db import connection
from django.http import HttpRequest, JsonResponse

from staff import access


@access.public
def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@access.public
def ready(request: HttpRequest) -> JsonResponse:
    """The process can do its work: the database answers. The broker is not asked: pages work without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})
