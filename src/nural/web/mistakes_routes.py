"""Routes of the view Mistakes."""

from starlette.routing import Route

ROUTES: list[Route] = []
