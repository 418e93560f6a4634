"""The product's main jobs, walked by people in a real browser."""
