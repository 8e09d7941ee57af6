"""The edge: raw ASGI guards around everything that is served, and the server itself.

``guarded`` puts them around an application in the one order that is right; ``serve`` runs it.
"""

from watchword.web.edge.guarded import EdgePlan, guarded

__all__ = ["EdgePlan", "guarded"]
