"""One settings file; what differs between places comes from the environment.

`bin/demo`, `bin/test` and `bin/manage` set these variables for the embedded servers; in production
the office's own deployment sets them (see docker-compose.yml).
"""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

HOME = Path(env.str("TIDU_HOME", default=str(BASE_DIR / "var")))
DEMO = env.bool("TIDU_DEMO", default=False)
TESTING = env.bool("TIDU_TESTING", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# The address as people type it, for letters and mails; without it letters say the one of the request.
SITE_URL = env.str("TIDU_URL", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "tenancy",
    "enterprises",
    "cultivation",
    "subsidies",
    "procurement",
    "services",
    "portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "pgtrigger",
    "pghistory",
    "import_export",
    "bootstrap",
    "lucide",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tenancy.middleware.HeadersMiddleware",
    "tenancy.middleware.PlainTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "tenancy.middleware.ActingMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

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
                "django.template.context_processors.i18n",
                "portal.shell.shell",
            ],
            "builtins": [
                "lucide.templatetags.lucide",
                "portal.templatetags.tidu",
                "portal.templatetags.exports",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- database: `default` is the login that row-level security binds, `owner` only migrates ---------
DATABASES = {
    "default": env.db("DATABASE_URL", default="postgres://tidu_web@127.0.0.1:5432/tidu"),
    "owner": env.db("DATABASE_OWNER_URL", default="postgres://tidu_owner@127.0.0.1:5432/tidu"),
}
for _alias in DATABASES.values():
    _alias.update(CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=60), CONN_HEALTH_CHECKS=True)
    _alias["DISABLE_SERVER_SIDE_CURSORS"] = True
    _alias["TEST"] = {"NAME": _alias["NAME"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenancy.Officer"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Lower floors know no address of the roof; where an enterprise's page is, the roof tells them here.
ABSOLUTE_URL_OVERRIDES = {
    "enterprises.enterprise": lambda e: f"/enterprises/{e.public_id}/",
    "tenancy.job": lambda job: f"/jobs/{job.pk}/",
}
LOGIN_URL = "account_login"
LOGIN_URL_PATH = "/accounts/login/"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "tenancy.signin.OfficerAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": False}
MFA_ADAPTER = "allauth.mfa.adapter.DefaultMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tidu"
# Officials need a second factor in production; the demo's invented people do not.
SECOND_FACTOR_REQUIRED = env.bool("TIDU_SECOND_FACTOR", default=not (DEMO or TESTING))

# Single sign-on by OpenID Connect; without an address there is none. The claim is the portal's username.
OIDC_URL = env.str("TIDU_OIDC_URL", default="")
OIDC_NAME = env.str("TIDU_OIDC_NAME", default="统一身份认证")
OIDC_CLAIM = env.str("TIDU_OIDC_CLAIM", default="preferred_username")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "office",
                "name": OIDC_NAME,
                "client_id": env.str("TIDU_OIDC_CLIENT", default=""),
                "secret": env.str("TIDU_OIDC_SECRET", default=""),
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}
SOCIALACCOUNT_ADAPTER = "tenancy.signin.SingleSignOnAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 3
# A link, not a form: the page's policy lets forms lead to the portal alone.
SOCIALACCOUNT_LOGIN_ON_GET = True

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
# Locked is the pair of account and address: a stranger elsewhere cannot lock an official out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "tenancy.signin.locked_out"
AXES_IPWARE_PROXY_COUNT = env.int("TIDU_PROXIES", default=0)
AXES_SENSITIVE_PARAMETERS = ["password", "login"]
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = env.int("TIDU_IDLE_SECONDS", default=30 * 60)
SESSION_ABSOLUTE_SECONDS = 12 * 3600

# --- browser ---------------------------------------------------------------------------------------
HTTPS = env.bool("TIDU_HTTPS", default=not (DEMO or TESTING))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_NAME = "__Host-tidu" if HTTPS else env.str("TIDU_COOKIE", default="tidu")
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else SESSION_COOKIE_NAME + "-csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.int("TIDU_PROXIES", default=0) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
UPLOAD_MAX_BYTES = 32 * 1024 * 1024
# What one import may take in a worker: memory beyond what the worker has anyhow, and time.
IMPORT_MEMORY_MB = env.int("IMPORT_MEMORY_MB", default=512)
IMPORT_SECONDS = env.int("IMPORT_SECONDS", default=900)
# How often a day an officer is told that a code is registered outside the officer's place.
ELSEWHERE_ANSWERS_A_DAY = env.int("ELSEWHERE_ANSWERS_A_DAY", default=200)
# Exports: a longer list is written by a worker, a file is kept for a month, its record for ever.
EXPORT_ROWS_AT_ONCE = 5_000
EXPORTS_AN_HOUR = env.int("TIDU_EXPORTS_AN_HOUR", default=30)
EXPORT_KEPT_DAYS = 30
# Audit packs: the content is kept for so many days, its fingerprint for ever.
PACK_KEPT_DAYS = env.int("TIDU_PACK_KEPT_DAYS", default=90)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- mail: the daily digest; without an address of a server nothing is sent ---------------------------
# As `smtp+tls://user:password@host:587`; the worker sends.
MAIL_CONFIGURED = bool(env.str("TIDU_MAIL_URL", default=""))
if MAIL_CONFIGURED:
    vars().update(env.email_url("TIDU_MAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("TIDU_MAIL_FROM", default="tidu@localhost")
MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")

# --- language and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "tidu-language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

# --- files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_AUTOREFRESH = False
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "portal" / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "portal.assets_storage.AssetsStorage"
    },
}
FILES_ROOT = Path(env.str("TIDU_FILES", default=str(HOME / "files")))
# An S3-compatible bucket instead of the disk; without its keys the library looks where it usually does.
FILES_BUCKET = env.str("TIDU_S3_BUCKET", default="")
FILES_S3_URL = env.str("TIDU_S3_URL", default="")
FILES_S3_REGION = env.str("TIDU_S3_REGION", default="")
FILES_S3_KEY = env.str("TIDU_S3_KEY", default="")
FILES_S3_SECRET = env.str("TIDU_S3_SECRET", default="")
KEYS_ROOT = Path(env.str("TIDU_KEYS", default=str(HOME / "keys")))
# The virus scanner of uploads, `tcp://host:port` or `unix:///path`; empty is none.
CLAMD_URL = env.str("CLAMD_URL", default="")
CLAMD_SECONDS = env.float("CLAMD_SECONDS", default=60)
# Forms of the workbook import and of reports hold whole files, so they live beside the database.
FILE_UPLOAD_TEMP_DIR = env.str("TIDU_TMP", default=None)

# --- jobs ------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 100
CELERY_TASK_TIME_LIMIT = 1800
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 3, "socket_connect_timeout": 3}
# A broker that is gone must not hold a page up: the job's row is there and is sent again later.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
CACHES = {
    "default": {
        "BACKEND": "tenancy.cache.ForgivingCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 3},
    }
}

# Hosts that webhooks may be sent to; empty is none.
HOOK_HOSTS = env.list("TIDU_HOOK_HOSTS", default=[])

# --- API -------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenancy.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("TIDU_API_RATE", default="600/min")},
    "EXCEPTION_HANDLER": "tenancy.api.handle",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tidu API",
    "DESCRIPTION": "The registry, the judgements and the pipeline of tiered SME cultivation.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "OutcomeEnum": ["pass", "fail", "unknown"],
        "TierEnum": "cultivation.models.Tier",
        "EnterpriseStateEnum": "enterprises.models.State",
        "ApplicationStateEnum": "cultivation.models.Application.State",
    },
    "ENFORCE_NON_BLANK_FIELDS": True,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "tenancy.api.with_errors"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("TIDU_LOG", default="INFO")},
    "loggers": {
        "axes": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
