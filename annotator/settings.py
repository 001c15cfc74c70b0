"""The Django settings. Every setting a deployment may want to change is an environment variable, listed in docs/operator.md."""

import os
from ipaddress import ip_network
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from annotator.server import postgres
from annotator.server.home import ROOT, home, secret
from annotator.server.limits import trusted_proxies

HOME = home()
SECRET_KEY = secret("secret_key")
DEBUG = os.environ.get("MARGINALIA_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("MARGINALIA_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("MARGINALIA_ORIGINS", "").split(",") if origin]
BEHIND_TLS = os.environ.get("MARGINALIA_TLS") == "1"
# The number of our own proxies in front of the web server. With 0, no X-Forwarded header is trusted.
TRUSTED_PROXIES = trusted_proxies()
if BEHIND_TLS and not TRUSTED_PROXIES:
    raise ImproperlyConfigured(
        "MARGINALIA_TLS=1 needs MARGINALIA_TRUSTED_PROXIES: the number of proxies before this server."
    )

INSTALLED_APPS = [
    "annotator",
    "datasets",
    "workers",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "annotator.server.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "annotator.server.headers.SecurityHeaders",
    "annotator.server.headers.ServerTiming",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotator.people.other_person.OtherPerson",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "annotator.server.database_errors.Unstorable",
]
BODY_GATE = "annotator.people.body_gate.decide"
ROOT_URLCONF = "annotator.urls"
WSGI_APPLICATION = "annotator.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [ROOT / "annotator" / "desk" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "annotator.people.permissions.context",
                "annotator.pages.navigation.context",
            ],
        },
    }
]

DATABASES = {"default": dj_database_url.parse(postgres.url(), conn_max_age=300, conn_health_checks=True)}
# The statements of `annotator.server.sql` ask to be prepared: planned once per connection, whatever the values. No other
# statement is prepared.
DATABASES["default"].setdefault("OPTIONS", {}).update(
    prepare_threshold=2**31,
    options=f"-c plan_cache_mode=force_generic_plan -c jit=off {os.environ.get('PGOPTIONS', '')}".strip(),
)
AUTH_USER_MODEL = "annotator.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "annotator_cache"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
# Failures before an unknown client must wait: for one name from one address, from one address, and for one name.
SIGN_IN_ATTEMPTS, SIGN_IN_ATTEMPTS_BY_ADDRESS, SIGN_IN_ATTEMPTS_BY_NAME = 10, 100, 50
SIGN_IN_WAIT_SECONDS = 300

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "marginalia_session"
CSRF_COOKIE_NAME = "marginalia_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31536000 if BEHIND_TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [ROOT / "annotator" / "desk" / "static", *sorted((ROOT / "annotator" / "kinds").glob("*/static"))]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "annotator.server.static_files.HashedStaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Blobs (pictures, manifests, weights): a folder, or s3://bucket/prefix.
MARGINALIA_STORAGE = os.environ.get("MARGINALIA_STORAGE") or str(HOME / "storage")
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2000

# Private networks that webhooks may reach, such as 10.1.0.0/16; none by default.
OUTGOING_ALLOW = [
    ip_network(network) for network in os.environ.get("MARGINALIA_OUTGOING_ALLOW", "").split(",") if network
]

# Buckets and prefixes that people may import from with the server's own credentials; none by default.
IMPORT_BUCKETS = [one.strip() for one in os.environ.get("MARGINALIA_IMPORT_BUCKETS", "").split(",") if one.strip()]

# Alerts and weekly reports are sent by this server, smtp://user:password@host:port (smtps:// for immediate TLS); none by
# default.
_MAIL = urlsplit(os.environ.get("MARGINALIA_MAIL", ""))
EMAIL_HOST, EMAIL_PORT = _MAIL.hostname or "", _MAIL.port or (465 if _MAIL.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
EMAIL_USE_SSL = _MAIL.scheme == "smtps"
EMAIL_USE_TLS = _MAIL.scheme == "smtp" and bool(_MAIL.username)
EMAIL_TIMEOUT = 20
EMAIL_FROM = os.environ.get("MARGINALIA_MAIL_FROM", "marginalia@localhost")
PUBLIC_URL = os.environ.get("MARGINALIA_PUBLIC_URL", "").rstrip("/")  # as people reach it, for links in e-mails

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotator.api.common.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "annotator.api.common.authentication.TokenScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["annotator.api.common.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "annotator.api.common.pagination.Pages",
    "PAGE_SIZE": 100,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "annotator.api.common.errors.handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Marginalia",
    "DESCRIPTION": "Projects, questions, items, answers, labels, versions, training runs and what they cost.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "annotator.api.common.schemas.add_components",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "FlagKindEnum": "annotator.models.flag.FlagKind",
        "RoleEnum": "annotator.models.member.Role",
        "SideEnum": "annotator.models.item.Split",
        "JobStateEnum": "annotator.models.job.JobState",
        "WayEnum": "workers.training.models.Way",
        "FolderUseEnum": "annotator.intake.folders.CHOICES",
        "AnswersAsEnum": "annotator.intake.folders.AS_CHOICES",
        "EntryKindEnum": "workers.budget.models.EntryKind",
    },
}

# Long work. The row of the job is the truth; a message is only a wake-up.
JOB_LEASE_SECONDS = int(os.environ.get("MARGINALIA_JOB_LEASE_SECONDS", "30"))
TASK_LEASE_SECONDS = int(os.environ.get("MARGINALIA_TASK_LEASE_SECONDS", "600"))


def _libpq_keywords(database_url: str) -> str:
    """Return the connection in libpq's keyword form; kombu's pgmq misreads the URL form if the host is a socket."""
    settings = dj_database_url.parse(database_url)
    pairs = {
        "host": settings["HOST"] or "localhost",
        "port": settings["PORT"] or 5432,
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        **settings.get("OPTIONS", {}),
    }
    quoted = {key: str(value).replace("\\", "\\\\").replace("'", "\\'") for key, value in pairs.items()}
    return " ".join(f"{key}='{value}'" for key, value in quoted.items())


# A message that is not finished by then comes again, and finds that its job has a holder: the row decides, not the message.
BROKER_VISIBILITY_SECONDS = int(os.environ.get("MARGINALIA_BROKER_VISIBILITY_SECONDS", "1800"))
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or "pgmq://localhost"
if urlsplit(CELERY_BROKER_URL).scheme == "pgmq":
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "conn_string": _libpq_keywords(postgres.url()),
        "init_extension": False,  # plain PostgreSQL: `manage.py up` runs the client package's own SQL once
        "visibility_timeout": BROKER_VISIBILITY_SECONDS,
        "wait_time_seconds": 1,
        "poll_interval_ms": 100,
        "polling_interval": 0.1,
        "pool_size": 4,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": BROKER_VISIBILITY_SECONDS}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat-schedule")
# Small, regular work has its own queue and process, so that no import or training makes it wait.
HOUSEKEEPING = {
    "annotator.sweep_jobs": 5.0,
    "annotator.check_answers": 1.0,
    "annotator.free_expired_leases": 20.0,
    "annotator.deliver_webhooks": 2.0,
    "annotator.delete_old_files": 3600.0,
    "workers.settle_money": 15.0,
    "workers.watch_phases": 60.0,
    "workers.weekly_reports": 600.0,
    "datasets.refresh_labels": 15.0,
}
CELERY_TASK_ROUTES = {name: {"queue": "housekeeping"} for name in HOUSEKEEPING}
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"queue": "housekeeping", "expires": seconds}}
    for name, seconds in HOUSEKEEPING.items()
} | {
    f"heard-{queue}": {
        "task": "annotator.record_heard",
        "args": (queue,),
        "schedule": 5.0,
        "options": {"queue": queue, "expires": 30},
    }
    for queue in ("housekeeping", "default", "gpu")
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("MARGINALIA_LOG_LEVEL", "WARNING")},
}
