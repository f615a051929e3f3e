from django.utils.translation import gettext as _

from subsidies.rules.words import WORDS


def title_name(code: str) -> str:
    """What a title or a claim is called."""
    return _(WORDS[code]) if code in WORDS else code
