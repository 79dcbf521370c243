"""How each vendor of the example day says things; made from what the vendors document."""
