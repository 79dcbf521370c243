"""The shops' own templates, tried on every milestone before anything is told with them."""

from datetime import datetime

from hub.catalogues import Catalogues
from hub.config import Settings
from hub.gallery.lives import samples
from hub.notify.render import Renderer


def proven(settings: Settings, labels: Catalogues, now: datetime) -> Renderer:
    """Read the templates; raise ``ValueError`` naming the file of a shop that cannot be used."""
    words = Renderer(labels, settings)
    own = [name for name, shop in settings.shops.items() if shop.brand.templates]
    try:
        words.prove(samples(own, now), now)
    except BaseException:
        words.close()
        raise
    return words
