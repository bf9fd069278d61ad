"""Human parsing: which pixels of a crop are head, upper body, lower body and shoes."""
