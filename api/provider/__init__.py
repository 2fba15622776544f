"""The only SDKs and HTTP out: messages in, events out."""
