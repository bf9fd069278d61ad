"""What is neither about networks nor about tracking: errors, files, command lines, reading ahead."""
