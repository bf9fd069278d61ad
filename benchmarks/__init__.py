"""The runners that measure the product the way the field does."""
