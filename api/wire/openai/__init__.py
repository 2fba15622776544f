"""OpenAI's protocol from the server's side: what its clients send, and what they read."""
