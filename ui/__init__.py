"""The page of Decant: one NiceGUI process that shows what the API streams and owns nothing that must not be lost."""
