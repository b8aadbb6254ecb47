"""The subcommands of ``ringproof``, one module each; heavy imports wait until one is run."""
