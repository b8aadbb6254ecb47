"""How a client under test (SUT) is driven: one module a carrier."""
