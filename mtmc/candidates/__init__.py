"""The person classifier of MOTDT (Long et al., ICME 2018, section 3.2): scores the candidate boxes of a frame."""
