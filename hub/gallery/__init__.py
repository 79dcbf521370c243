"""Every notice an order can bring about, rendered to be looked at before a customer sees it."""
