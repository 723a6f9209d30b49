"""All settings, read from the environment only. docs/settings.md explains every variable."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env
from config.client_address import networks
from config.local_store import place_of_data, place_of_server
from storage.configuration import StorageConfiguration, configure

BASE_DIR = Path(__file__).resolve().parent.parent

STAGE = env.text("STAGE", "local", choices=("local", "test", "production"))
LOCAL = STAGE == "local"
PRODUCTION = STAGE == "production"
HTTPS_ONLY = env.boolean("HTTPS_ONLY", PRODUCTION)

DEBUG = env.boolean("DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("DEBUG must not be true in the production stage.")


def _secret(name: str) -> str:
    local = f"{name}-of-a-local-stage-that-only-this-machine-can-reach"
    return env.secret(name, local_default=local if LOCAL else None)


SECRET_KEY = _secret("SECRET_KEY")
ACCESS_TOKEN_SECRET = _secret("ACCESS_TOKEN_SECRET")
ACCESS_TOKEN_SECONDS = env.integer("ACCESS_TOKEN_SECONDS", 48 * 60, minimum=60)
REFRESH_TOKEN_SECONDS = env.integer("REFRESH_TOKEN_SECONDS", 30 * 24 * 3600, minimum=60)
API_TOKEN_DAYS = env.integer("API_TOKEN_DAYS", 366, minimum=1)
SECOND_FACTOR_SECRET = _secret("SECOND_FACTOR_SECRET")
SECOND_FACTOR_SECRET_FALLBACKS = env.words("SECOND_FACTOR_SECRET_FALLBACKS")

_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", None if PRODUCTION else _LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Elsewhere links in mails lead to the host that was asked.
PUBLIC_URL = env.origin("PUBLIC_URL", None if PRODUCTION else "", https=HTTPS_ONLY)
# And without a request, such as those of a command, to the server on this machine.
SERVED_AT = place_of_server(os.environ if LOCAL else {})
TRUSTED_PROXIES = networks(env.words("TRUSTED_PROXIES"))

# The store

DATABASES: dict[str, dict[str, object]] = {}
AWS_REGION = env.text("AWS_REGION", None if PRODUCTION else "eu-west-1")
DYNAMODB_ENDPOINT = env.optional("DYNAMODB_ENDPOINT")
configure(
    StorageConfiguration(
        endpoint=DYNAMODB_ENDPOINT,
        region=AWS_REGION,
        table_prefix=env.text("TABLE_PREFIX", "backroom-").lower(),
        cursor_secret=_secret("CURSOR_SECRET").encode(),
        shards=env.integer("SHARDS", 1, minimum=1),
        place=place_of_data(os.environ),
    )
)

# False where infrastructure code makes the tables; `migrate` then only changes items.
APPLICATION_OWNS_TABLES = (
    env.text("TABLES_OWNED_BY", "application", choices=("application", "infrastructure"))
    == "application"
)

# The application

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "config",
    # In the order in which they build on each other.
    "storage",
    "accounts",
    "catalog",
    "supervisor",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
MIDDLEWARE = [
    # Outermost, so that everything after it is timed, logged and knows who is calling.
    "config.middleware.RequestMiddleware",
    # Before anything that looks at the host: probes come by address, and must not redirect.
    "config.health.HealthMiddleware",
    # The headers go on every response, static files included.
    "config.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # Needs the person; what comes after it, errors included, speaks the person's language.
    "config.personal.PersonalMiddleware",
    "config.second_factor.SecondFactorMiddleware",
    "config.bodies.BodyMiddleware",
    # Innermost: sees what a view raises before anything else does.
    "config.errors.ErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "config.jinja2.environment",
            "context_processors": ["accounts.context_processors.permissions"],
        },
    },
]
FORM_RENDERER = "config.forms.SiteRenderer"
# A form or a JSON body, uploaded files not counted: the longest product, all escaped, is 100 KB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# A file to import has at most 10 MB; the rest is for the form around it.
IMPORT_UPLOAD_MAX_SIZE = 11 * 1024 * 1024

# People

AUTH_USER_MODEL = "accounts.AuthUser"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountsBackend"]
SESSION_ENGINE = "accounts.sessions"
SIGN_UP_OPEN = env.boolean("SIGN_UP_OPEN", True)
SIGN_UP_CONFIRMED = env.boolean("SIGN_UP_CONFIRMED", PRODUCTION)
SIGN_UP_LINK_SECONDS = env.integer("SIGN_UP_LINK_SECONDS", 24 * 3600, minimum=60)
SIGN_UPS_PER_CLIENT = env.integer("SIGN_UPS_PER_CLIENT", 10, minimum=1)
SIGN_UP_WINDOW_SECONDS = env.integer("SIGN_UP_WINDOW_SECONDS", 3600, minimum=1)
LOGIN_ATTEMPTS_PER_CLIENT = env.integer("LOGIN_ATTEMPTS_PER_CLIENT", 30, minimum=1)
LOGIN_ATTEMPTS_PER_ADDRESS = env.integer("LOGIN_ATTEMPTS_PER_ADDRESS", 8, minimum=1)
LOGIN_WINDOW_SECONDS = env.integer("LOGIN_WINDOW_SECONDS", 900, minimum=1)
SECOND_FACTOR_ATTEMPTS = env.integer("SECOND_FACTOR_ATTEMPTS", 5, minimum=1)
LINKS_PER_CLIENT = env.integer("LINKS_PER_CLIENT", 20, minimum=1)
LINKS_PER_ADDRESS = env.integer("LINKS_PER_ADDRESS", 5, minimum=1)
LINK_WINDOW_SECONDS = env.integer("LINK_WINDOW_SECONDS", 3600, minimum=1)
PASSWORD_RESET_SECONDS = env.integer("PASSWORD_RESET_SECONDS", 3600, minimum=60)
EMAIL_CHANGE_SECONDS = env.integer("EMAIL_CHANGE_SECONDS", 24 * 3600, minimum=60)
RESET_LINK_SECONDS = env.integer("RESET_LINK_SECONDS", 7 * 24 * 3600, minimum=60)
INVITATION_SECONDS = env.integer("INVITATION_SECONDS", 7 * 24 * 3600, minimum=60)
INVITATIONS_PER_HOUR = env.integer("INVITATIONS_PER_HOUR", 100, minimum=1)
RESTORE_LINK_SECONDS = env.integer("RESTORE_LINK_SECONDS", 30 * 24 * 3600, minimum=3600)
# Longer than any request, so that none that began before a deletion is under way after it.
REMOVAL_SETTLES_SECONDS = env.integer("REMOVAL_SETTLES_SECONDS", 60, minimum=0)
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "staff"
LOGOUT_REDIRECT_URL = "/"
MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
    if STAGE == "test"
    else "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# E-mail

EMAIL = env.text(
    "EMAIL", None if PRODUCTION else "console", choices=("console", "file", "smtp", "ses")
)
EMAIL_BACKEND = {
    "console": "config.outbox.ConsoleBackend",
    "file": "config.outbox.FolderBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "ses": "django_ses.SESBackend",
}[EMAIL]
EMAIL_FILE_PATH = env.text("EMAIL_FOLDER", str(BASE_DIR / "var" / "mail"))
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", None if PRODUCTION else "Backroom <backroom@localhost>")
EMAIL_TIMEOUT = 10
if EMAIL == "smtp":
    EMAIL_HOST = env.text("SMTP_HOST")
    EMAIL_PORT = env.integer("SMTP_PORT", 587, minimum=1)
    EMAIL_HOST_USER = env.text("SMTP_USER", "")
    EMAIL_HOST_PASSWORD = env.text("SMTP_PASSWORD", "")
    _SMTP_SECURITY = env.text("SMTP_SECURITY", "starttls", choices=("starttls", "tls", "none"))
    EMAIL_USE_TLS = _SMTP_SECURITY == "starttls"
    EMAIL_USE_SSL = _SMTP_SECURITY == "tls"
if EMAIL == "ses":
    from storage.client import patience

    USE_SES_V2 = True
    AWS_SES_REGION_NAME = env.text("SES_REGION", AWS_REGION)
    AWS_SES_CONFIGURATION_SET = env.optional("SES_CONFIGURATION_SET")
    # It would ask SES for the quota before mails; SES itself refuses what is too much.
    AWS_SES_AUTO_THROTTLE = None
    AWS_SES_CONFIG = patience()

# The queue

# How often a browser asks whether there are new requests.
QUEUE_POLL_SECONDS = env.integer("QUEUE_POLL_SECONDS", 10, minimum=1)
# Whether programs may wait for an answer, which keeps a thread; a function would be paid for it.
LONG_POLL = env.boolean("LONG_POLL", "AWS_LAMBDA_FUNCTION_NAME" not in os.environ)
LONG_POLLS_AT_ONCE = env.integer("LONG_POLLS_AT_ONCE", 4)
# For trying things out: calls may go to this machine, without TLS and to any port.
CALLBACKS_TO_THIS_MACHINE = env.boolean("CALLBACKS_TO_THIS_MACHINE", LOCAL)
if CALLBACKS_TO_THIS_MACHINE and PRODUCTION:
    raise ImproperlyConfigured("CALLBACKS_TO_THIS_MACHINE must not be true in production.")
# How long after a mail to a supervisor the next one may come; what is most urgent does not wait.
NOTICE_MINUTES = env.integer("NOTICE_MINUTES", 5)
# How many days closed requests name their callers where an organisation says nothing; 0: for good.
REQUEST_RETENTION_DAYS = env.integer("REQUEST_RETENTION_DAYS", 90)

# Cookies and headers

# The __Host- prefix makes browsers refuse such a cookie from a sibling domain.
_COOKIE_PREFIX = "__Host-" if HTTPS_ONLY else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
SESSION_COOKIE_AGE = env.integer("SESSION_SECONDS", 14 * 24 * 3600, minimum=60)
SESSION_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_SAMESITE = "Lax"
# Between the password and the second factor, while nobody is logged in yet.
LOGIN_COOKIE_NAME = f"{_COOKIE_PREFIX}login"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS_ONLY
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

SECURE_SSL_REDIRECT = HTTPS_ONLY
# RequestMiddleware drops this header when it does not come from a trusted proxy.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 365 * 24 * 3600) if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("HSTS_SUBDOMAINS", HTTPS_ONLY)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
# Same-origin and not stricter: with no-referrer browsers send "Origin: null" with forms.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "https:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}

# Languages

LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en", choices=("en", "es"))
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Files

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Elsewhere files are served from where they are; whitenoise warns of a missing folder.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
_MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _MANIFEST if PRODUCTION else _PLAIN},
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG

# Logs

LOG_LEVEL = env.text("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Replaced, not propagated twice: Django gives this logger handlers of its own.
        "django": {"handlers": [], "propagate": True},
        # The request log and config.errors already say it once, and without the path's contents.
        "django.request": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "CRITICAL"},
        "botocore": {"level": "WARNING"},
        "pynamodb": {"level": "WARNING"},
    },
}
