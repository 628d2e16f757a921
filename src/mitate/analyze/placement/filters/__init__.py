"""Nova's scheduler filters, one file each, evaluated on what the API and the configuration tell."""
