"""How a client under test (SUT) is driven, in this process or by the adapter protocol."""
