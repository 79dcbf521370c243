"""A topic that names a connector nobody has stops the start, and says which there are."""

import pytest

from hub.config import Settings
from hub.stream.opening import open_way


def test_a_topic_of_a_connector_that_is_not_there_is_refused_by_name() -> None:
    topics = {"shop.orders": {"connector": "shopfy"}}
    settings = Settings(stream_url="kafka://127.0.0.1:9", topics=topics)

    with pytest.raises(ValueError, match=r"shop\.orders names the connector 'shopfy'.*shopify"):
        open_way(settings, ("canonical", "shopify"))
