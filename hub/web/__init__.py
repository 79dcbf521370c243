"""Where people and programs ask: the API, the problem documents, health and the local pages."""
