"""django-allauth as its documentation has it for apps: headless, ``/_allauth/app/v1``, sessions in the cache of the
process, users in SQLite on a connection that stays open. Run by gunicorn with threads.
"""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY="a key of this measurement and of nothing else",
    ALLOWED_HOSTS=["localhost"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(os.environ["PEER_DATA"]) / "users.db",
            "CONN_MAX_AGE": None,
        }
    },
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.headless",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    ACCOUNT_LOGIN_METHODS={"email"},
    ACCOUNT_SIGNUP_FIELDS=["email*", "password1*"],
    ACCOUNT_EMAIL_VERIFICATION="none",
    ACCOUNT_RATE_LIMITS=False,
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    HEADLESS_ONLY=True,
    HEADLESS_CLIENTS=("app",),
    HEADLESS_FRONTEND_URLS={},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGGING_CONFIG=None,
    USE_TZ=True,
)
django.setup()

urlpatterns = [path("accounts/", include("allauth.urls")), path("_allauth/", include("allauth.headless.urls"))]
call_command("migrate", verbosity=0)
application = get_wsgi_application()
