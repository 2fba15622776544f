"""What a page is made of: an element a file, its Vue twin beside it with the same stem."""
