"""One camera's recording as files have it: images, and the boxes of people in them. mtmc tracks what is read here."""
