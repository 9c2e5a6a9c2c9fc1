"""Settings of every installation. Values come from the environment; nonsense fails here, loudly."""

import os
from pathlib import Path

import environ
import pghistory
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# "try": started by `bin/up` on one's own machine; "test": under pytest; anything else is a server and must be safe.
MODE = env.str("ENISHI_MODE", "server")
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = (
    env.str("SECRET_KEY", "")
    or env.str("SECRET_KEY_FILE", "")
    and Path(env("SECRET_KEY_FILE")).read_text().strip()
)
if not SECRET_KEY and MODE == "test":
    SECRET_KEY = "only-for-tests-" + "x" * 40
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies in front of us we trust to say who the client is.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

INSTALLED_APPS = [
    "crm",
    "staff",
    "accounts",
    "pipeline",
    "leads",
    "activities",
    "dashboards",
    "integrations",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "pghistory",
    "pgtrigger",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "staff.middleware.RequestContext",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "staff.middleware.Preferences",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "staff.middleware.Access",
    "staff.middleware.RowHistory",
    "staff.middleware.KeptPlans",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "staff.context.page",
            ],
            "builtins": ["crm.templatetags.quick"],
            "libraries": {"i18n": "crm.templatetags.quick"},
        },
    }
]
FORM_RENDERER = "crm.lib.widgets.Renderer"

# Data -------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default="postgresql:///enishi")}
DATABASES["default"].update(CONN_MAX_AGE=env.int("CONN_MAX_AGE", 3600), CONN_HEALTH_CHECKS=True)
# Behind PgBouncer in transaction mode server-side cursors break.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("DISABLE_SERVER_SIDE_CURSORS", False)
# So do plans that a connection keeps; `crm.lib.prepared` asks for them.
if not DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]:
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 2
# The role that the application runs as; migrations take from it what it may not do.
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", "enishi_app")
# Listening needs a connection of its own, not through PgBouncer.
DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
SESSION_COOKIE_AGE = 14 * 24 * 3600

PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_constraint=False)
PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())

# Background -------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
BROKER_PREFIX = env.str("BROKER_PREFIX", "enishi:")

# People -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["staff.login.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "staff.login.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
USERSESSIONS_TRACK_ACTIVITY = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = MODE != "server"
MFA_TOTP_ISSUER = "Enishi"

# Language and time ------------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (BASE_DIR / "locale").glob("*") if path.is_dir())
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

# Files ------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE == "server"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = MODE != "server"
WHITENOISE_MAX_AGE = 0 if MODE != "server" else 3600
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", os.environ.get("ENISHI_DATA", str(BASE_DIR / "var")) + "/media"))
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_LIMIT_BYTES = env.int("UPLOAD_LIMIT_BYTES", 100 * 1024 * 1024)

# Mail -------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://" if MODE != "test" else "memorymail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "enishi@localhost")
EMAIL_TIMEOUT = 10
# Where people reach Enishi (https://crm.example.co.jp): links in mails begin with it.
SITE_URL = env.str("SITE_URL", "").rstrip("/")

# Safety -----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_COOKIES = env.bool("SECURE_COOKIES", MODE == "server")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = env.str("SESSION_COOKIE_NAME", "enishi")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if SECURE_COOKIES else 0)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", False)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "staff.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": "ext://crm.logs.PROCESSORS",
            "foreign_pre_chain": "ext://crm.logs.PRE_CHAIN",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO" if MODE != "test" else "WARNING")},
}
# templates.W003: our `i18n` stands before Django's, and hands on what it does not do itself.
SILENCED_SYSTEM_CHECKS = ["security.W021", "security.W008", "security.W004", "templates.W003"]
