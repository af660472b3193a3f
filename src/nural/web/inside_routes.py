"""Routes of the view Inside."""

from starlette.routing import Route

ROUTES: list[Route] = []
