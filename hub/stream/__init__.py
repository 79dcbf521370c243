"""All that knows Kafka: raws that come by topic, and changes that go out by topic.

Faust is the edge and no more. The database says how far a partition has been read; a broker that
is away, forgetful or hasty therefore delays an order's news, and never loses or doubles it.
"""
