"""The core: every use case wired to its collaborators. Knows no settings file and no HTTP.

``ground`` is what it stands on, ``rooms`` what everything else calls, ``safe_room`` the use cases of the safe room,
``platform`` the hand-over, ``door`` the gate and what passing gives. Tests build it over a database of their own with a
clock that is set; ``app`` builds it from settings.
"""

from watchword.core.door import Core
from watchword.core.ground import Ground

__all__ = ["Core", "Ground"]
